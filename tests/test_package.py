"""Notebooks, package and README say the same, and every module imports and every command answers in a fresh process."""
import filecmp, importlib.metadata, re, shutil, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PASSING = ('__pycache__', '.ipynb_checkpoints')  # folders that come and go

def run(*args, cwd=ROOT):
    r = subprocess.run([str(a) for a in args], cwd=cwd, capture_output=True, text=True, timeout=120)
    if r.returncode: pytest.fail(f'{" ".join(map(str, args))}\n{r.stdout}\n{r.stderr}', pytrace=False)
    return r.stdout

def differing(a, b):
    "Names of the files below `a` or `b` that are not the same in both"
    files = {p.relative_to(d) for d in (a, b) for p in d.rglob('*') if p.is_file() and not set(PASSING) & set(p.parts)}
    return sorted(str(f) for f in files if not ((a/f).is_file() and (b/f).is_file() and filecmp.cmp(a/f, b/f, shallow=False)))

@pytest.fixture(scope='module')
def again(tmp_path_factory):
    "A folder with the notebooks, cleaned, and the package that they export, made from nothing"
    folder = tmp_path_factory.mktemp('again')
    shutil.copytree(ROOT/'nbs', folder/'nbs', ignore=shutil.ignore_patterns(*PASSING))
    shutil.copy(ROOT/'settings.ini', folder)
    for name in ('nbdev_clean', 'nbdev_export'): run(BIN/name, cwd=folder)
    return folder

@pytest.mark.parametrize('folder', ['nbs', 'hero_nb'])
def test_in_step(again, folder):
    names = differing(ROOT/folder, again/folder)
    assert not names, f'in {folder}/: {", ".join(names)} would change: run nbdev_clean, then nbdev_export, and commit the result'

modules = sorted('.'.join(p.relative_to(ROOT).with_suffix('').parts) for p in (ROOT/'hero_nb').rglob('*.py') if p.name != '__init__.py')

@pytest.mark.parametrize('module', modules)
def test_imports(module): run(sys.executable, '-c', f'import {module}')

commands = sorted(e.name for e in importlib.metadata.distribution('hero_nb').entry_points if e.group == 'console_scripts')

@pytest.mark.parametrize('name', commands)
def test_answers_help(name): assert name in run(BIN/name, '--help')

def test_readme(tmp_path):
    run(sys.executable, 'tools/readme.py', tmp_path)
    stale = differing(ROOT/'figures', tmp_path/'figures') + ['README.md']*((ROOT/'README.md').read_text() != (tmp_path/'README.md').read_text())
    assert not stale, f'{", ".join(stale)} would change: run make readme and commit the result'

def test_readme_links():
    links = re.findall(r'(?:\]\(|\b(?:src|href)=")([^)"\s]+)', (ROOT/'README.md').read_text())
    lost = [l for l in links if not re.match(r'[a-z]+:|#', l) and not (ROOT/l.split('#')[0]).exists()]
    assert not lost, f'README.md links to what is not there: {", ".join(lost)}'

shown = re.findall(r'^(hero_\w+)(.*?)(?:#.*)?$', (ROOT/'README.md').read_text(), re.M)

@pytest.mark.parametrize('name,options', shown)
def test_readme_commands(name, options):
    known = run(BIN/name, '--help')
    lost = [o for o in re.findall(r'--\w+', options) if o not in known]
    assert not lost, f'README.md calls {name} with {", ".join(lost)}, which it does not know'
