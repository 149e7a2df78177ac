"""`python -m lastro` is the command `lastro`."""

if __name__ == "__main__":  # a process that this one spawns reads the file too, and needs nothing of it
    from lastro.main import run

    run()
