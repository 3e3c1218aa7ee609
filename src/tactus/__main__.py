"""`python -m tactus`."""

import sys

from tactus.cli import main

if __name__ == "__main__":
    sys.exit(main())
