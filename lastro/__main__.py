"""`python -m lastro` is the command `lastro`."""

from lastro.main import run

if __name__ == "__main__":
    run()
