#!/usr/bin/env python3
"""Writes days.txt, the days off and the make-up working days that hotlined knows, from the npm package
chinese-days (MIT; see LICENSE-chinese-days).

    npm pack chinese-days@1.5.7
    ./make.py chinese-days-1.5.7.tgz > days.txt
"""

import datetime
import hashlib
import json
import sys
import tarfile

YEARS = range(2007, 2027)
SHA256 = "87fac6624b9f58084c0c05dac7cac86711beef2c05a86284bff880e4fe92f6c0"

# The package shortens some names; here they stand as the yearly notice of the State Council has them.
NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}

# Days off by the notice of their year which the package leaves out, because they are weekend days anyway.
LEFT_OUT = {
    "2011-06-05": "端午节",
    "2012-06-23": "端午节",
    "2015-09-05": "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
}


def spans(dates):
    """Runs of days that follow each other, as MM-DD or MM-DD..MM-DD."""
    runs = []
    for date in sorted(map(datetime.date.fromisoformat, dates)):
        if runs and date - runs[-1][1] == datetime.timedelta(days=1):
            runs[-1][1] = date
        else:
            runs.append([date, date])
    return [f"{a:%m-%d}" if a == b else f"{a:%m-%d}..{b:%m-%d}" for a, b in runs]


def main():
    path = sys.argv[1]
    with open(path, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != SHA256:
        sys.exit(f"{path} is another version: sha256 {found}. Read what changed, then change SHA256.")
    print("# Made by make.py: do not edit. YEAR NAME off DAYS work DAYS")
    with tarfile.open(path) as package:
        for year in YEARS:
            said = json.load(package.extractfile(f"package/dist/years/{year}.json"))
            names = {}
            for kind, days in (("off", said["holidays"]), ("work", said["workdays"])):
                for date, text in days.items():
                    name = text.split(",")[1]
                    names.setdefault(NAMES.get(name, name), {"off": [], "work": []})[kind].append(date)
            for date, name in LEFT_OUT.items():
                if date.startswith(str(year)):
                    names[name]["off"].append(date)
            for name, kinds in sorted(names.items(), key=lambda item: min(item[1]["off"] + item[1]["work"])):
                words = [str(year), name]
                for kind, dates in kinds.items():
                    if dates:
                        words += [kind, *spans(dates)]
                print(*words)


main()
