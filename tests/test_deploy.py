"""Dockerfile and compose.yaml: the rules of a lint (hadolint's, and Docker's own advice) that matter here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install pyyaml")
ROOT = Path(__file__).parent.parent


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    pairs = (line.split(None, 1) for line in lines if line.strip())
    return [(name.upper(), rest) for name, rest in pairs]


def of(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def test_the_images_are_named_exactly() -> None:
    for source in of("FROM"):
        image = source.split()[0]
        assert re.search(r":\d[\w.-]*$", image) and not image.endswith(":latest"), image


def test_it_does_not_run_as_root_and_tells_its_health() -> None:
    names = [name for name, _ in instructions()]
    assert of("USER")[-1] != "root" and len(of("HEALTHCHECK")) == 1
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert not of("ADD") and not of("MAINTAINER")


def test_commands_are_in_the_form_that_signals_reach() -> None:
    for rest in [*of("ENTRYPOINT"), *of("CMD")]:
        assert rest.startswith("[") and rest.endswith("]")


def test_packages_are_pinned_and_leave_nothing_behind() -> None:
    for run in of("RUN"):
        assert "sudo" not in run and "curl" not in run
        if "apt-get install" in run:
            assert "--no-install-recommends" in run and "rm -rf /var/lib/apt/lists/*" in run
            packages = run.split("--no-install-recommends")[1].split("&&")[0].split()
            assert all("=" in package for package in packages)
        if "pip install" in run:
            assert "--no-cache-dir" in run


def test_what_is_copied_exists_and_the_rest_is_left_out() -> None:
    for rest in of("COPY"):
        if not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
    assert (ROOT / ".dockerignore").read_text("utf-8").startswith("*\n")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return loaded


def test_the_composition_is_sound() -> None:
    whole = compose()
    assert set(whole) <= {"name", "services", "volumes", "secrets"}
    for name, service in whole["services"].items():
        assert re.search(r":v?\d[\w.-]*$|:local$", service["image"]), name
        assert "privileged" not in service and service.get("network_mode") != "host"
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name} is open to others"
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in whole["volumes"], volume
        assert "docker.sock" not in str(service)
        assert set(service.get("secrets", ())) <= set(whole["secrets"])
    core = whole["services"]["triptych"]
    assert core["read_only"] and core["cap_drop"] == ["ALL"] and "profiles" not in core
    assert {"qdrant", "vlm", "observability"} == {
        p for s in whole["services"].values() for p in s.get("profiles", ())
    }


def test_the_settings_that_are_set_exist() -> None:
    from triptych.settings import keys

    known = {key for key, _ in keys()}
    texts = (ROOT / "Dockerfile").read_text("utf-8") + (ROOT / "compose.yaml").read_text("utf-8")
    for name in set(re.findall(r"TRIPTYCH_(\w+__\w+)", texts)):
        assert name.lower().replace("__", ".") in known, name


def test_the_scraper_reads_what_the_server_gives() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text("utf-8"))
    [job] = told["scrape_configs"]
    assert job["metrics_path"] == "/metrics" and job["static_configs"][0]["targets"] == ["triptych:8321"]
