#!/usr/bin/env python3
"""Makes mobile.bin from the geocoding data in a wheel of the Python package `phonenumbers`, and says how far our
answers agree with it. Fails when an answer differs and no override below says so.

    python3 generate.py phonenumbers-9.0.43-py2.py3-none-any.whl [--check]

--check compares with the mobile.bin that is there, and writes nothing.
"""

import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

SHA256 = "349bc799f15e010e35bd2c7d28149950ae74479cb1e11fb054ed9a95ecb4b437"
HERE = Path(__file__).resolve().parent
FIRST, PAST = 1_300_000, 2_000_000
MAGIC = b"HLMOB1\n\0"

# Keys that are wrong, with all that begin like them, and what is wrong.
DROPPED = {
    "173": "one key that puts every 173 mobile into Beijing",
    "1349": "one key that puts every satellite telephone into Beijing",
}
# Names that the state has changed since, or whose city was merged into another: the place that it is today.
RENAMED = {
    "湖北省襄樊市": "420600",
    "山东省莱芜市": "370100",
    "安徽省巢湖市": "340100",
    "天津": "120000",
}
# One city stands for the whole island in the source, as it shares one area code: only the province is known.
WIDENED = {"海南省海口市": "460000"}

# Landline keys whose answer is not ours, each with its reason.
LANDLINE = {
    "354": "names both cities; 0354 is Jinzhong's",
    "358": "names both cities; 0358 is Lüliang's",
    "371": "leaves out Kaifeng, which has shared 0371 since 2013",
    "391": "leaves out Jiyuan",
    "433": "names county-level cities of Yanbian",
    "435": "names a county-level city of Tonghua",
    "558": "leaves out Bozhou",
    "692": "names a county-level city of Dehong",
    "719": "leaves out Shennongjia",
    "731": "writes Zhuzhou with another character",
    "772": "leaves out Laibin",
    "774": "leaves out Hezhou",
    "775": "leaves out Guigang",
    "887": "names a county-level city of Diqing",
    "892": "names a county of Shigatse",
    "896": "names counties of Nagqu",
    "897": "names counties of Ngari",
    "898": "leaves out the rest of Hainan",
    "935": "leaves out Jinchang",
    "937": "leaves out Jiayuguan",
}
# Carrier keys whose answer is not ours for some numbers, each with its reason.
CARRIER = {
    "15": "covers 154, which nobody was given",
    "161": "the ministry gave 1619 to the satellite network, the rest to nobody",
    "174": "the ministry gave only parts of it, for satellites",
}
OPERATORS = {"中国移动": "mobile", "中国联通": "unicom", "中国电信": "telecom", "中国广电": "broadnet"}


def rows(name):
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def load(wheel):
    found = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{wheel} has the SHA-256 {found}; this script was written for {SHA256}")
    sys.path.insert(0, wheel)
    from phonenumbers.carrierdata import CARRIER_DATA
    from phonenumbers.geodata import GEOCODE_DATA

    def chinese(data):
        of_china = {key[2:]: names.get("zh") for key, names in data.items() if key.startswith("86")}
        return {key: name for key, name in of_china.items() if name}

    return chinese(GEOCODE_DATA), chinese(CARRIER_DATA)


class Places:
    def __init__(self):
        self.rows = [(code, name, short) for code, name, short, _ in rows("places.tsv")]
        self.area = {}
        for code, _, _, areas in rows("places.tsv"):
            for area in filter(None, areas.split(",")):
                self.area.setdefault(area[1:], []).append(code)
        self.province_of = {}
        for code, name, short in self.rows:
            if code.endswith("0000"):
                self.province_of[code[:2]] = (name, short)
        self.by_name = {}
        for code, name, short in self.rows:
            full, brief = self.province_of[code[:2]]
            if code.endswith("0000"):
                self.by_name[name] = code
                continue
            bare = re.sub(r"(地区|市|盟)$", "", name)
            for province in (full, brief):
                for city in (name, short, bare, f"{bare}市", f"{bare}地区"):
                    self.by_name[province + city] = code

    def of(self, name):
        return RENAMED.get(name) or WIDENED.get(name) or self.by_name.get(name)


def is_mobile(key):
    return len(key) >= 3 and key[0] == "1" and key[1] in "3456789"


def dropped(key):
    return next((why for beginning, why in DROPPED.items() if key.startswith(beginning)), None)


def table(geo, places):
    cells = [None] * (PAST - FIRST)
    unknown = Counter()
    for key in sorted(filter(is_mobile, geo), key=len):
        if dropped(key):
            continue
        code = places.of(geo[key])
        if code is None:
            unknown[geo[key]] += 1
            continue
        width = 10 ** (7 - len(key))
        start = int(key) * width - FIRST
        cells[start : start + width] = [code] * width
    if unknown:
        sys.exit(f"names nobody knows: {unknown}")
    return cells


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def packed(cells):
    """The places used, then runs: how many prefixes, and which of those places (from 1; 0 is none)."""
    used = sorted({code for code in cells if code})
    index = {code: at for at, code in enumerate(used, 1)} | {None: 0}
    out = bytearray(MAGIC)
    out += len(used).to_bytes(2, "little")
    for code in used:
        out += int(code).to_bytes(4, "little")
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at] != cells[start]:
            out += varint(at - start) + varint(index[cells[start]])
            start = at
    return bytes(out)


def report_mobile(geo, cells, places):
    keys = [key for key in geo if is_mobile(key)]
    # A longer key speaks for a part of a shorter one.
    exact = {key: places.of(geo[key]) for key in keys}
    agree, why, wrong = 0, Counter(), []
    covered = {}
    for key in sorted(keys, key=len):
        width = 10 ** (7 - len(key))
        for prefix in range(int(key) * width, int(key) * width + width):
            covered[prefix] = key
    for prefix, key in covered.items():
        ours = cells[prefix - FIRST]
        if dropped(key):
            why[f"dropped: {dropped(key)}"] += 1
        elif ours != exact[key]:
            wrong.append((prefix, ours, geo[key]))
        elif geo[key] in RENAMED and places.by_name.get(geo[key]) is None:
            why[f"renamed: {geo[key]} is {RENAMED[geo[key]]}"] += 1
        elif geo[key] in WIDENED:
            why[f"widened: {geo[key]} is {WIDENED[geo[key]]}"] += 1
        else:
            agree += 1
    placed = Counter(str(FIRST + at)[:3] for at, code in enumerate(cells) if code)
    print(f"mobile: {len(keys)} keys speak for {len(covered)} prefixes; {agree} agree by name")
    for reason, count in sorted(why.items()):
        print(f"  {count:6} {reason}")
    print(f"placed: {sum(placed.values())} of the 10,000 prefixes of each segment:")
    print("  " + ", ".join(f"{segment} {count}" for segment, count in sorted(placed.items())))
    return wrong


def report_landline(geo, places):
    keys = [key for key in geo if len(key) <= 3 and not is_mobile(key)]
    agree, wrong = 0, []
    for key in keys:
        # Four codes stand in the source by their beginning, as no other code begins so.
        areas = [key] if key in places.area else [area for area in places.area if area.startswith(key)]
        ours = [code for area in areas for code in places.area[area]]
        first, *others = geo[key].split("、")
        province = next((p for p in ours if first.startswith(places.province_of[p[:2]][1])), None)
        theirs = {places.of(first)} | {places.of(places.province_of[(province or "  ")[:2]][0] + other)
                                        for other in others} if province else {None}
        if theirs == set(ours):
            agree += 1
        elif key not in LANDLINE or province is None:
            wrong.append((key, ours, geo[key]))
    print(f"landline: {len(keys)} keys, {agree} agree in every city, {len(keys) - agree} in the province;")
    print(f"  area codes we know: {len(places.area)}")
    return wrong


def report_carrier(carrier):
    segments = {beginning: operator for beginning, operator, _ in rows("segments.tsv")}
    agree, differ, wrong = 0, Counter(), []
    for prefix in range(13000, 20000):
        text = str(prefix)
        theirs = next((k for k in (text[:n] for n in (5, 4, 3, 2)) if k in carrier), None)
        ours = next((segments[k] for k in (text[:n] for n in (5, 4, 3)) if k in segments), "none")
        if theirs is None:
            continue
        if OPERATORS[carrier[theirs]] == ours:
            agree += 1
        elif theirs in CARRIER:
            differ[theirs] += 1
        else:
            wrong.append((prefix, ours, carrier[theirs]))
    print(f"carrier: {agree} five-digit beginnings agree, {sum(differ.values())} do not: {dict(differ)}")
    return wrong


def main():
    wheel, *options = sys.argv[1:] or sys.exit(__doc__)
    geo, carrier = load(wheel)
    places = Places()
    cells = table(geo, places)
    out = packed(cells)
    wrong = report_mobile(geo, cells, places) + report_landline(geo, places) + report_carrier(carrier)
    for differing in wrong[:50]:
        print("not listed:", differing)
    if wrong:
        sys.exit(1)
    file = HERE / "mobile.bin"
    if "--check" in options:
        if file.read_bytes() != out:
            sys.exit("mobile.bin is another one")
    else:
        file.write_bytes(out)
    print(f"mobile.bin: {len(out)} bytes, SHA-256 {hashlib.sha256(out).hexdigest()}")


main()
