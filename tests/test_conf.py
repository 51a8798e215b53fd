"""All YAML files compose, their keys are the arguments of the class, and mistakes are reported in a sentence."""

import inspect
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.singleton import Singleton
from hydra.utils import get_object
from omegaconf import OmegaConf

from classifier.command_line.arguments import with_quotes
from classifier.command_line.choices import store_schema
from classifier.command_line.run import run_command
from classifier.compare import compare
from classifier.errors import UserError
from classifier.promote import promote
from classifier.settings import (
    CompareSettings,
    EvaluateSettings,
    Explained,
    ExplainSettings,
    PromoteSettings,
    TrainSettings,
    as_overrides,
    as_typed,
    check_rules,
)
from classifier.train import train

CONF = Path(__file__).parents[1] / "conf"
CHOICES = sorted(path for path in CONF.glob("*/*.yaml"))
WITH_CLASS = [path for path in CHOICES if "_target_" in path.read_text()]
NAMED = {path: f"{path.parent.name}={path.stem}" for path in CHOICES}


@pytest.fixture(scope="module", autouse=True)
def schemas():
    store_schema("train", TrainSettings)
    store_schema("evaluate", EvaluateSettings)


@pytest.mark.parametrize("path", CHOICES, ids=NAMED.get)
def test_every_choice_composes(path):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        source = ["encoder.source=folder"] if path.stem == "pretrained" and path.parent.name == "encoder" else []
        config = compose("train", [NAMED[path], *source])
    settings = OmegaConf.to_object(config)
    assert isinstance(settings, TrainSettings)


@pytest.mark.parametrize("path", WITH_CLASS, ids=NAMED.get)
def test_the_keys_of_a_choice_are_arguments_of_its_class(path):
    """The names are the same, and complete for our own classes."""
    choice = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(choice, dict)
    target = choice.pop("_target_")
    arguments = inspect.signature(get_object(target)).parameters
    assert set(choice) <= set(arguments)
    if getattr(get_object(target).__init__, "__module__", "classifier.").startswith("classifier."):
        own = {name for name, one in arguments.items() if one.default is not inspect.Parameter.empty}
        assert own == set(choice)


REFERENCE = f"encoder=pretrained encoder.source={Path(__file__).parent}/pretrained/references/bert"
SHORT = "tokenizer.max_tokens=12"  # as many as the positions of the references
ALBERT = REFERENCE.removesuffix("bert") + "albert_groups"
ROBERTA = REFERENCE.removesuffix("bert") + "roberta"
MISTAKES = {
    "encoder.dept=3": "Error: encoder.dept is not an option. Did you mean 'encoder.depth'?",
    "data.seperator=;": "Error: data.seperator is not an option. Did you mean 'data.separator'?",
    "encodr=tiny": "Error: encodr is not an option. Did you mean 'encoder'?",
    "model.depth=3": "Error: model.depth is now encoder.depth.",
    "model=tiny": "Error: model is now encoder.",
    "experiment=films": "Error: experiment is now recipe.",
    "sweep=search": "Error: sweep=search is now recipe=search.",
    "data.text message": "Error: data.text has no value: write data.text=<value>, without blanks around",
    "trainer=fast": "Error: trainer=fast: trainer is a group of keys; set one of them, such as trainer.epochs=...",
    "abstain=0.9": "Error: abstain=0.9: abstain is a group of keys; set one of them, such as abstain.precision=0.9\n",
    "abstain=coverage": "abstain is a group of keys; set one of them, such as abstain.coverage=",
    "abstain=null": "Error: abstain=null: abstain is a group of keys; set one of them, such as abstain.precision=",
    "trainer=5": "such as trainer.epochs=5\n",
    "sweep=3": "such as sweep.retries=3\n",
    "tracking=false": "such as tracking.enabled=false\n",
    "export=onnx": "such as export.formats=onnx\n",
    "distill=outputs/a": "such as distill.teacher=outputs/a\n",
    "optimizer=0.01": "adam, adamw, rmsprop, sgd. Did you mean optimizer.learning_rate=0.01?",
    "encoder=null": "Error: encoder=null: choose from base, minilm, pretrained, small, tiny.",
    "seed=null": "Error: seed=null: seed needs a value; leave it out to keep its default.",
    "data=mine.csv": "A file of your own is data.train=mine.csv.",
    "pooling=joined": "Error: pooling=joined is now pooling=concat.",
    "trainer.weight_average=0.9": "Error: trainer.weight_average is now trainer.ema_decay.",
    "encoder=tinyy": "Error: encoder=tinyy: choose from base, minilm, pretrained, small, tiny. Did you mean 'tiny'?",
    "optimizer.beta_1=0.8": "Error: optimizer.beta_1 is no longer an option: it is always 0.9.",
    "encoder.tune=top": "Error: encoder.tune is an option of encoder=minilm, pretrained only.",
    "encoder=pretrained": "Error: encoder.source has no value yet: give it with encoder.source=...",
    "encoder=pretrained encoder.source=nowhere": "Error: encoder.source=nowhere: there is no folder nowhere.",
    "encoder=pretrained encoder.source=team/model-v2": "download it:\n  hf download team/model-v2 --local-dir <folder>",
    "encoder=pretrained encoder.source=a encoder.depth=2": "is an option of encoder=base, small, tiny only.",
    "encoder=pretrained encoder.source=a tokenizer=word": "with its own tokenizer: leave out tokenizer=.",
    "encoder=pretrained encoder.source=a attention=local": "its own attention: leave out attention= and its keys.",
    "encoder=pretrained encoder.source=package:no_such/x": "there is no installed Python package 'no_such'.",
    "encoder=pretrained encoder.source=a encoder.tune=half": "encoder.tune: Invalid value 'half', expected one of",
    "encoder=pretrained encoder.source=a encoder.lora_projections=[quary]": "=quary is not one of query, key, value,",
    "encoder=pretrained encoder.source=a encoder.layer_decay=0.9 optimizer=sgd": "layer_decay needs optimizer=adamw.",
    "encoder=pretrained encoder.source=a encoder.top_blocks=3": "has no effect with encoder.tune=full: it needs",
    "encoder=pretrained encoder.source=a encoder.lora_rank=4": "has no effect with encoder.tune=full: it needs",
    "encoder=pretrained encoder.source=a encoder.tune=top encoder.tune_embeddings=true": "tune_embeddings has no",
    "encoder=pretrained encoder.source=a encoder.tune=frozen encoder.layer_decay=0.9": "layer_decay has no",
    "encoder=pretrained encoder.source='~no_such_user/a'": "Error: ~no_such_user/a: this user does not exist",
    "encoder=pretrained encoder.source=package:__main__/a": "there is no installed Python package '__main__'.",
    f"{ROBERTA} export.formats=[onnx]": "Error: export.formats=onnx supports BERT's tokenizer only, and that of",
    f"{ROBERTA} tokenizer.max_tokens=20": "Error: tokenizer.max_tokens=20: this encoder has 19 positions.",
    f"{ALBERT} {SHORT} encoder.tune=top": "Error: encoder.tune=top: the blocks of encoder.source=",
    f"{ALBERT} {SHORT} encoder.layer_decay=0.9": "encoder.tune=full, lora or frozen, with encoder.layer_decay=1.",
    f"{REFERENCE} tokenizer.max_tokens=2": "Error: tokenizer.max_tokens=2 leaves no room next to [CLS] and [SEP]:",
    f"{REFERENCE} tokenizer.max_tokens=12": "Error: tokenizer.max_tokens=12: this encoder has 11 positions.",
    "encoder=pretrained encoder.source=a tokenizer.lower_case=false": "is an option of tokenizer=word, wordpiece only.",
    "attention.window=3": "Error: attention.window is an option of attention=local only.",
    "tokenizer=pretrained": "Error: tokenizer=pretrained needs encoder=minilm or encoder=pretrained,",
    "encoder.depth=abc": "Error: encoder.depth: Value 'abc' of type 'str' could not be converted to Integer",
    "+encoder.extra=1": "Error: encoder.extra is not an option.",
    "++typo=1": "Error: typo is not an option.",
    "attention.num_headz=3": "Error: attention.num_headz is not an option. Did you mean 'attention.num_heads'?",
    "attention.num_heads=abc": "Error: attention.num_heads=abc is not of type int; its default is 4.",
    "attention.num_heads=5": "Error: encoder.width=128 is not a multiple of attention.num_heads=5.",
    "attention=adittive": "choose from additive, concat, dot, general,",
    "attention=local attention.window=0": "Error: attention.window=0 must be at least 1 and at most 100,000.",
    "encoder.positions=rotary": "Error: encoder.positions=rotary needs attention=rotary, which turns",
    "encoder.block=keras_nlp attention=dot": "Error: encoder.block=keras_nlp brings its own attention;",
    "encoder.block=keras_nlp attention.dropout=0.1": "Error: attention.dropout has no effect with encoder.block=",
    "attention=rotary attention.num_heads=4 encoder.width=4": "leaves an odd 1 to each of attention.num_heads=4.",
    "trainer.loss=hinge": "expected one of [cross_entropy, focal]",
    "trainer.focal_gamma=-1": "Error: trainer.focal_gamma=-1.0 must be at least 0 and at most 100.",
    "tokenizer.max_token=9": "Error: tokenizer.max_token is not an option. Did you mean 'tokenizer.max_tokens'?",
    "encoder.normalize=between": "expected one of [before, after]",
    "trainer.monitor=f1": "expected one of [accuracy, macro_precision, macro_recall, macro_f1, log_loss]",
    "trainer.epochs=0": "Error: trainer.epochs=0 must be at least 1 and at most 10,000.",
    "encoder.dropout=1.5": "Error: encoder.dropout=1.5 must be at least 0 and below 1.",
    "data=files": "Error: data.train has no value yet: give it with data.train=",
    "data=filse": "Did you mean 'files'?",
    "tokenizer.truncation=middle": "tokenizer.truncation=middle is not one of head, tail, head_tail",
    "data=trec6 data.root=nowhere": "Error: There is no folder data.root=nowhere: name the one that holds trec6/",
    "~tokenizer.max_tokens": "Error: tokenizer.max_tokens cannot be removed.",
    "tracking.register=a/b": "Error: tracking.register=a/b: a name in the registry is not empty and has no /,",
    "seed=-1": "Error: seed=-1 must be at least 0 and at most 4,294,967,295.",
    "attention=local export.formats=[onnx,litert]": "Error: export.formats=litert has no operations for attention=",
    "export.formats=onxx": "Error: export.formats=onxx is not one of savedmodel, onnx, litert.",
    "export.serving_dir=pyproject.toml": "Error: export.serving_dir=pyproject.toml: pyproject.toml is not a folder",
    "tracking.uri=nowhere": "Error: tracking.uri=nowhere is not an address",
    "trainer.epochs=99999999999999999999": "Error: trainer.epochs=99999999999999999999 must be at least 1 and at most",
    "optimizer.weight_decay=nan": "Error: optimizer.weight_decay=nan must be at least 0 and below 1.",
    "data.split_seed=-1": "Error: data.split_seed=-1 must be at least 0",
    "++optimizer._target_=collections.OrderedDict": "Error: optimizer._target_=collections.OrderedDict: choose from",
    "pooling.poolings=[{_target_:collections.OrderedDict}]": "Error: pooling.poolings.0._target_ is not an option",
    "++data.text._target_=collections.OrderedDict": "Error: data.text._target_ is not an option",
    "++attention._partial_=true": "Error: attention._partial_ is not an option",
    "optimizer._target_=keras.optimizers.SGD": "keras.optimizers.SGD: choose it with optimizer=",
    "tracking.experiment=": "Error: tracking.experiment is empty: give the experiment a name.",
    "trainer.class_weights=[1,2]": "Error: trainer.class_weights=[1,2] is neither null, balanced nor {label: weight}.",
    "trainer.class_weights={spam:-2}": "Error: trainer.class_weights.spam=-2 is not a number above 0.",
    "data.train=[a=b.csv,c]": 'quote each item of this list, as \'data.train=["a=b.csv","c"]\'.',
    "tokenizer=null": "Error: tokenizer=null: choose from pretrained, word, wordpiece.",
    "data.text=Größe": "quote this value for Hydra and for the shell, as 'data.text=\"Größe\"'.",
    "data.train=year=2024/x.csv": "as 'data.train=\"year=2024/x.csv\"'.",
    "=1": "Error: =1 has no key; write key=value.",
    "+hydra.callbacks.x._target_=collections.OrderedDict": "Error: hydra.callbacks is not an option: settings cannot",
    "++hydra={callbacks:{x:{_target_:collections.OrderedDict}}}": "Error: hydra.callbacks is not an option: settings",
    "hydra.launcher._target_=collections.OrderedDict": "OrderedDict is not a plugin of Hydra.",
    "hydra.hydra_logging.handlers.console.class=collections.OrderedDict": "class=collections.OrderedDict is not an",
}


@pytest.mark.parametrize("override", MISTAKES)
def test_a_mistake_is_refused_before_anything_is_read(override, refused):
    check_sentence(refused("train", TrainSettings, train, override), MISTAKES[override])


def test_a_file_whose_name_has_a_comma_can_be_typed(refused):
    sentence = refused("train", TrainSettings, train, "data.train=a,b.csv")
    assert "type a list as 'data.train=[a,b.csv]', a value with a comma in it as 'data.train=\"a,b.csv\"'" in sentence


COMPARE_MISTAKES = {
    "": "Error: Give one of runs=[<run id>,<run id>,...], experiment=<name> and sweep=<name or run id>.",
    "runs=[a,b] sweep=c": "Error: Give one of runs=[<run id>,<run id>,...], experiment=<name> and sweep=",
    "encoder=small": "Error: encoder is not an option.",
    "runs=a": "Error: runs=a: two different run ids or more are compared, as runs=[A,B].",
    "runs=[a,a]": "Error: runs=[a,a]: two different run ids or more are compared, as runs=[A,B].",
    "runs=a,b": "Error: runs=a,b: type a list as 'runs=[a,b]', a value with a comma in it as 'runs=\"a,b\"'; -m makes",
    "run=[a,b]": "Error: run is not an option. Did you mean 'runs'?",
    "experiment=x split=train": "expected one of [test, valid]",
    "experiment=x metric=f1": "expected one of [accuracy, macro_f1]",
    "experiment=new[2]": "quote this value for Hydra and for the shell, as 'experiment=\"new[2]\"'.",
    "experiment=x tracking.uri=nowhere": "Error: tracking.uri=nowhere is not an address",
}


@pytest.mark.parametrize("override", COMPARE_MISTAKES)
def test_a_mistake_in_comparing_is_refused(override, refused):
    check_sentence(refused("compare", CompareSettings, compare, override), COMPARE_MISTAKES[override])


PROMOTE_MISTAKES = {
    "name=support": "Error: Give either run=<run id> or promote.rollback=true, next to name=.",
    "name=support run=a promote.rollback=true": "Error: Give either run=<run id> or promote.rollback=true",
    "run=a": "Error: name has no value yet: give it with name=...",
    "run=a name=models:/support": "Error: name=models:/support: a name in the registry is not empty and has no /",
    "run=a name=support rule=any_gain": "Error: rule is not an option. Did you mean 'promote.rule'?",
    "run=a name=support promote.rule=gain": "expected one of [interval, any_gain]",
    "run=a name=support promote.force=true": "Error: promote.force is not an option. Did you mean 'force'?",
}


@pytest.mark.parametrize("override", PROMOTE_MISTAKES)
def test_a_mistake_in_promoting_is_refused(override, refused):
    check_sentence(refused("promote", PromoteSettings, promote, override), PROMOTE_MISTAKES[override])


@pytest.fixture
def refused(tmp_path, monkeypatch, capfd):
    """Calls a command in this process, and returns its output for exit code 2."""

    def call(command: str, schema: type, work: Callable, override: str) -> str:
        monkeypatch.setattr(sys, "argv", [command, *override.split(), f"hydra.run.dir={tmp_path}"])
        with pytest.raises(SystemExit) as ended:
            run_command(command, schema, work)
        assert ended.value.code == 2
        return capfd.readouterr().err

    state, terminated = Singleton.get_state(), signal.getsignal(signal.SIGTERM)
    yield call
    Singleton.set_state(state)
    signal.signal(signal.SIGTERM, terminated)


def check_sentence(printed: str, message: str) -> None:
    assert message in printed
    assert "Traceback" not in printed
    assert all(line.startswith("  ") for line in printed.splitlines()[1:])  # commands to copy


def test_a_mistake_at_the_shell_is_a_sentence_and_exit_code_2(tmp_path):
    command = [sys.executable, "-m", "classifier.train", "encoder.dept=3", f"hydra.run.dir={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    check_sentence(done.stderr, MISTAKES["encoder.dept=3"])


def test_a_key_of_the_chosen_file_may_be_forced():
    command = [sys.executable, "-m", "classifier.train", "++encoder.depth=3", "--cfg", "job"]
    assert subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("command", "argument"),
    [("train", "--help"), ("train", "--cfg=job"), ("train", "encoder.dept=3"), ("explain", "--cfg=job")],
)
def test_answers_without_work_import_nothing_heavy(command, argument):
    program = (
        "import runpy, sys\n"
        f"sys.argv = [{command!r}, {argument!r}]\n"
        f"try: runpy.run_module('classifier.{command}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'mlflow', 'sklearn', 'pandas', 'matplotlib', 'pyarrow', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "HEAVY []" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("value", "typed"),
    [(None, "null"), (True, "true"), (0.002, "0.002"), (["a", 2], "[a,2]"), ({"spam": 2.0}, "{spam:2.0}")],
)
def test_a_value_as_it_is_typed(value, typed):
    assert as_typed(value) == typed


def test_the_parameters_of_a_run_can_be_typed_back():
    choices = {"encoder": "tiny", "tokenizer": "wordpiece", "optimizer": "sgd", "recipe": None}
    given = [
        "encoder=tiny",
        "tokenizer=wordpiece",
        "optimizer=sgd",
        "encoder.depth=3",
        "trainer.class_weights={technical:2}",
    ]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = OmegaConf.to_object(compose("train", given))
        typed = [f"{key}={value}" for key, value in as_overrides(settings, choices).items()]
        assert OmegaConf.to_object(compose("train", typed)) == settings


@pytest.mark.parametrize(
    "text",
    [
        "it's late, sorry",
        "a=b {c: d} [e] (f)",
        "${oc.env:HOME} $x",
        'say "no"',
        "ends with \\",
        "\\' both",
        "1",
        "null",
        "two\nlines",
    ],
)
def test_a_text_to_explain_is_taken_as_it_is_typed(text):
    store_schema("explain", ExplainSettings)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("explain", with_quotes([f"text={text}", "model=folder"], "text"))
    assert config.text == text and config.model == "folder"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, 'Say what to explain: text="..." or input=file.csv.'),
        ({"text": "a", "input": "b.csv"}, "Give either text= or input=, not both"),
        ({"text": " "}, "text= is empty"),
        ({"text": "a", "explain": Explained(sample=-1)}, "explain.sample=-1 must be at least 0 and at most"),
    ],
)
def test_mistakes_of_explain(settings, message):
    with pytest.raises(UserError) as caught:
        check_rules(ExplainSettings("model", **settings))
    assert message in str(caught.value)
