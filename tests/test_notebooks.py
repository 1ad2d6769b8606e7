"""Each notebook runs from top to bottom, in a process of its own."""
import subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
LIMIT = 240  # seconds

notebooks = sorted(p.relative_to(ROOT) for p in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)

# nbdev_test knows which cells not to run (tst_flags in settings.ini) and prints the traceback of the one that failed;
# called for one file, it runs that file in this one new process
@pytest.mark.parametrize('path', notebooks, ids=str)
def test_runs(path):
    try: r = subprocess.run([BIN/'nbdev_test', '--path', path], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired: pytest.fail(f'{path} was stopped after {LIMIT} s: make it smaller or mark cells #| slow', pytrace=False)
    if r.returncode or 'Success.' not in r.stdout: pytest.fail(f'{path}\n{r.stdout}\n{r.stderr}', pytrace=False)

def test_found(): assert Path('nbs/00_core.ipynb') in notebooks
