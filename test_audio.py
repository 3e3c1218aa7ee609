"""`python test_audio.py`: a self-check of this installation, one line a capability; no development dependencies."""

import sys

from tactus.cli import main

if __name__ == "__main__":
    sys.exit(main(["doctor", *sys.argv[1:]]))
