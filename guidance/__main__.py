"""``python -m guidance`` is ``needle-guidance``."""

from guidance.cli import main

if __name__ == "__main__":
    main()
