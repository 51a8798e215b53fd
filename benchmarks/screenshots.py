"""Takes the pictures of MLflow's interface in docs/pictures/, from trainings that it starts itself, in a real browser.

python benchmarks/screenshots.py        # minutes; needs Chromium with its driver, and pip install selenium

The folder of the trainings is kept: with --output of an earlier start, only the pictures are taken again.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.project import ROOT, door

WIDTH = 1400
HEIGHTS = {  # of the pictures, in pixels
    "mlflow_runs": 600,
    "mlflow_compare": 870,
    "mlflow_sweep": 460,
    "mlflow_run": 480,
    "mlflow_model": 480,
}
TINY = ["encoder=tiny", "tokenizer.max_tokens=32", "data.text=text", "data.label=label"]
TRAININGS = {
    "first": ["trainer.epochs=3", "tracking.register=support"],
    "ngrams": ["encoder.depth=0", "trainer.epochs=3"],
    "seed": ["trainer.epochs=3", "seed=1"],
}
SWEEP = ["-m", "encoder.depth=0,1", "optimizer.learning_rate=0.001,0.004", "trainer.epochs=2", "sweep.name=sizes"]
PATIENCE_SECONDS = 120  # until a page shows what it is opened for
SETTLE_SECONDS = 4  # after that, until its charts are drawn


def main() -> None:
    parser = door(__doc__, "screenshots")
    settings = parser.parse_args()
    folder: Path = settings.output
    folder.mkdir(parents=True, exist_ok=True)
    addresses = train_all(folder)
    with interface(folder) as base, browser() as driver:
        paths = {name: base + address.partition("5000")[2] for name, address in addresses.items()}
        take_all(driver, base, paths, folder, settings.docs / "pictures")


def train_all(folder: Path) -> dict[str, str]:
    """Trains what the folder does not hold yet; returns the addresses that the commands print."""
    shutil.copy(ROOT / "classifier/data/embedded/train.csv", folder / "tickets.csv")
    logs = {name: [*TINY, *own, f"hydra.run.dir=outputs/{name}"] for name, own in TRAININGS.items()}
    logs["sweep"] = [*SWEEP, *TINY, "hydra.sweep.dir=outputs/sweep"]
    addresses = {}
    for name, overrides in logs.items():
        log = folder / f"{name}.txt"
        if not log.exists():
            print(f"training {name}", flush=True)
            command = [sys.executable, "-m", "classifier.train", *overrides, "tickets.csv"]
            done = subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
            log.write_text(done.stdout)
        addresses[name] = re.findall(r"^Look at +(\S+)$", log.read_text(), re.MULTILINE)[-1]
    return addresses


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"}


@contextlib.contextmanager
def interface(folder: Path) -> Iterator[str]:
    """Runs `mlflow ui` on a free port, and yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", "sqlite:///mlflow.db", "--port", str(port)]
    log = subprocess.DEVNULL
    process = subprocess.Popen([*command, "--workers", "1"], cwd=folder, env=environment(), stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/health", timeout=5).close()
                break
            time.sleep(1)
        yield base
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Yields a headless Chromium."""
    from selenium import webdriver  # pyright: ignore[reportMissingImports]
    from selenium.webdriver.chrome.service import Service  # pyright: ignore[reportMissingImports]

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def take_all(driver: Any, base: str, addresses: dict[str, str], folder: Path, pictures: Path) -> None:
    """Opens each page as a reader does, and takes its picture."""
    run_id = json.loads((folder / "outputs/first/summary.json").read_text())["run_id"]
    experiment = re.findall(r"/experiments/(\d+)/", addresses["first"])[0]
    run = f"{base}/#/experiments/{experiment}/runs/{run_id}"
    pictures.mkdir(parents=True, exist_ok=True)

    def take(name: str, address: str, shown: str) -> None:
        driver.get("about:blank")
        driver.get(address)
        save(driver, pictures / f"{name}.png", shown)

    driver.get(base)
    close_assistant(driver)
    take("mlflow_runs", addresses["first"], "//a[contains(., 'seed=1')]")
    compare_best(driver)
    save(driver, pictures / "mlflow_compare.png", "//*[contains(., 'Run details')]")
    training = "?workflowType=machine_learning"
    take("mlflow_sweep", addresses["sweep"], "//a[contains(., 'depth=')]")
    take("mlflow_run", run + training, "//*[text()='test.accuracy']")
    take("mlflow_model", f"{base}/#/models/support/versions/1{training}", "//*[contains(., 'becomes the champion')]")


def close_assistant(driver: Any) -> None:
    """Closes the panel that MLflow opens on the first visit, for this and all later visits."""
    from selenium.webdriver.common.by import By  # pyright: ignore[reportMissingImports]
    from selenium.webdriver.support.ui import WebDriverWait  # pyright: ignore[reportMissingImports]

    panel = "//*[text()='MLflow Assistant']"
    WebDriverWait(driver, PATIENCE_SECONDS).until(lambda page: page.find_elements(By.XPATH, panel))
    time.sleep(SETTLE_SECONDS)
    driver.execute_script("localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false')")


def compare_best(driver: Any) -> None:
    """Selects the three trainings at the top of the table, and presses Compare."""
    from selenium.webdriver.common.by import By  # pyright: ignore[reportMissingImports]

    for box in driver.find_elements(By.CLASS_NAME, "ag-selection-checkbox")[:3]:
        box.click()
    driver.find_element(By.XPATH, "//button[normalize-space()='Compare']").click()


def save(driver: Any, path: Path, shown: str) -> None:
    """Takes a picture once the page has an element, which is given as XPath."""
    from selenium.webdriver.common.by import By  # pyright: ignore[reportMissingImports]
    from selenium.webdriver.support.ui import WebDriverWait  # pyright: ignore[reportMissingImports]

    size = {"width": WIDTH, "height": HEIGHTS[path.stem], "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    WebDriverWait(driver, PATIENCE_SECONDS).until(lambda page: page.find_elements(By.XPATH, shown))
    time.sleep(SETTLE_SECONDS)
    driver.save_screenshot(str(path))


if __name__ == "__main__":
    main()
