"""The fixtures of the end-to-end tests, for the conftest.py of other folders: globals().update(fixtures())."""
import importlib.util
import pathlib


def fixtures():
    spec = importlib.util.spec_from_file_location("e2e_conftest", pathlib.Path(__file__).parents[1] / "e2e" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: thing for name, thing in vars(module).items() if not name.startswith("_")}
