"""`python main.py`: the service, as `tactus serve` starts it."""

import sys

from tactus.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
