"""The cluster's profile repeats what it replaces, and names rules that exist."""

import re

import yaml


def profile(root, name):
    return yaml.safe_load((root / "profiles" / name / "profile.yaml").read_text())


def test_the_clusters_profile_repeats_the_default_one(root):
    cluster, default = profile(root, "slurm"), profile(root, "default")
    assert {key: cluster[key] for key in default} == default


def test_every_rules_memory_grows_with_the_attempt_from_no_less_than_its_own(root):
    text = "".join(p.read_text() for p in sorted((root / "workflow" / "rules").glob("*.smk")))
    rules = re.split(r"^ *rule (?=\w+:)", text, flags=re.M)[1:]
    found = [re.match(r"(\w+):.*?mem_mb=(\d+)", rule, re.S) for rule in rules]
    own = dict(match.groups() for match in found if match)
    own.pop("download")  # a local rule
    for same in re.findall(r"use rule extract_text as (\w+)", text):
        own[same] = own["extract_text"]
    resources = profile(root, "slurm")["set-resources"]
    assert set(resources) == set(own)
    for rule, least in own.items():
        first = re.fullmatch(r"attempt \* (\d+)", resources[rule]["mem_mb"]).group(1)
        assert int(first) >= int(least)
