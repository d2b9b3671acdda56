"""What speaks for a version and against it, as the registry keeps it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.gates import Evidence, Failed, Gate, failed_gates, skill_gate
from aimodels.compute.scores import SkillInterval
from aimodels.models import AIModel
from system.services import plain

NO_EVIDENCE = "Nothing is known of its skill: it was never tested."
UNSAID = {"id": 0, "name": "nothing"}
"""What a version of before was compared with: its training did not keep it."""
Words = Mapping[str, Any]


def kept_words(evidence: Evidence, found_before: list[Failed], champion: Words) -> dict[str, Any]:
    """Evidence as JSON holds it.

    Args:
        champion: what it was compared with, as ``champions`` names it.
    """
    gates = plain(asdict(evidence))
    return {"gates": gates, "found_before": failed_words(found_before), "champion": dict(champion)}


def kept_champion(model: AIModel) -> Words | None:
    """What a version was compared with; None for one whose gate asks no champion."""
    scores = (model.performance_metrics or {}).get("validation_scores") or {}
    found: Words | None = scores.get("champion", UNSAID) if "gates" in scores else None
    return found


def failed_words(failed: list[Failed]) -> list[dict[str, Any]]:
    """Failed gates as JSON holds them."""
    return [plain(asdict(one)) for one in failed]


def read_failed(words: Words) -> Failed:
    """A failed gate again."""
    figures = {name: value for name, value in words.get("figures", {}).items() if value is not None}
    return Failed(Gate(words["gate"]), words["reason"], words.get("subject", ""), figures)


def kept_failures(model: AIModel) -> list[Failed]:
    """What stands against a version by the figures that its training kept, gate by gate, and by its live record."""
    scores = (model.performance_metrics or {}).get("validation_scores") or {}
    live = [read_failed(one) for one in (model.health_status or {}).get("failed", [])]
    if "gates" in scores:
        before = [read_failed(one) for one in scores.get("found_before", [])]
        return [*failed_gates(_evidence(scores["gates"]), found_before=before), *live]
    if "skill_low" in scores:
        gain = {"skill": scores["skill"], "low": scores["skill_low"], "high": scores["skill_high"]}
        failed = skill_gate(Gate.SKILL_BASELINE, "the baseline", _skill(gain))
        if "champion_low" in scores:
            over = {name: scores[f"champion_{name}"] for name in gain}
            failed += skill_gate(Gate.SKILL_CHAMPION, "what serves", _skill(over))
        return [*failed, *live]
    return [Failed(Gate.FINAL_TEST, NO_EVIDENCE), *live]


def was_tested(model: AIModel) -> bool:
    """Whether its training held it against every gate."""
    return "gates" in ((model.performance_metrics or {}).get("validation_scores") or {})


def _evidence(words: Words) -> Evidence:
    calibration, coverage = words.get("calibration"), words.get("coverage")
    return Evidence(
        final_uses=words["final_uses"],
        blocks=words["blocks"],
        baseline=_skill(words.get("baseline")),
        champion=_skill(words.get("champion")),
        has_champion=words["has_champion"],
        calibration=CalibrationError(**_numbers(calibration) | {"n": calibration["n"]}) if calibration else None,
        coverage=Interval(**_numbers(coverage)) if coverage else None,
        champion_blocks=words.get("champion_blocks"),
        champion_lacks=words.get("champion_lacks", 0),
    )


def _skill(words: Words | None) -> SkillInterval | None:
    return SkillInterval(**_numbers(words)) if words else None


def _numbers(words: Words) -> dict[str, Any]:
    """Null is what could not be said."""
    return {name: float("nan") if value is None else float(value) for name, value in words.items()}
