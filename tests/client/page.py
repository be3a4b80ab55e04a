"""The programs of a page, each block of Python in a file of the name that its first line gives it."""

import pathlib
import re
import sys

page, folder = map(pathlib.Path, sys.argv[1:])
for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.S | re.M):
    name = re.match(r"# (\w+\.py): ", block)
    (folder / name[1]).write_text(block)
