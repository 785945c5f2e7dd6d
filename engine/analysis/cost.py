"""What a decision costs: the platform's own CPU seconds at one dated, published price.

    CPU seconds per 1,000 = platform CPU seconds ÷ decided × 1,000
    USD per 1,000         = CPU seconds per 1,000 × USD per vCPU-hour ÷ 3,600
    USD per hour          = USD per 1,000 × achieved per second × 3.6

It prices CPU only (no memory, storage, network or idle capacity): modelled, not billed.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.analysis.sources import PRESETS, read_entries
from engine.model.errors import ConfigurationError
from engine.model.figure import Figure, Provenance

PRICES = PRESETS / "prices.toml"
MODELLED = "CPU only, without memory, storage, network and idle capacity: modelled, not billed"


@lru_cache(maxsize=4)
def vcpu_hour_usd(path: Path = PRICES) -> Figure:
    """The quoted price of one virtual CPU for one hour, as figure `cost.vcpu_hour_usd`.

    Raises:
        ConfigurationError: The price book is missing, broken or has no `fargate_vcpu`.
    """
    for entry in read_entries(path):
        if entry.id == "fargate_vcpu":
            return entry.figure("cost.vcpu_hour_usd")
    raise ConfigurationError([f"{path}: has no figure with id fargate_vcpu: add one"])


def cost_figures(
    cpu_seconds: float | None,
    decided: float,
    achieved_tps: float | None,
    price: Figure,
    rate: str = "this run's rate",
) -> list[Figure]:
    """Cost per 1,000 decisions and per hour; None where CPU or decisions were not measured.

    Args:
        cpu_seconds: Of all the platform's processes since its first report.
        decided: Decisions in the same time.
        achieved_tps: Decisions per second that the hourly cost is for.
        price: `vcpu_hour_usd`.
        rate: What `achieved_tps` is, in words.
    """
    usd = float(price.value) if isinstance(price.value, int | float) else None
    per_thousand = cpu_seconds / decided * 1_000 if cpu_seconds is not None and decided else None
    spend = per_thousand * usd / 3_600 if per_thousand is not None and usd is not None else None
    hourly = spend * achieved_tps * 3.6 if spend is not None and achieved_tps is not None else None
    return [
        price,
        Figure(
            id="cost.cpu_seconds_per_thousand",
            label="CPU time per thousand decisions",
            value=per_thousand,
            unit="cpu_seconds",
            provenance=Provenance.DERIVED,
            formula="platform CPU seconds ÷ decided × 1,000",
            inputs={"platform CPU seconds": cpu_seconds, "decided": decided},
            note="all processes of the platform, this machine",
        ),
        Figure(
            id="cost.per_thousand_usd",
            label="Cost per thousand decisions",
            value=spend,
            unit="usd",
            provenance=Provenance.DERIVED,
            formula="CPU seconds per 1,000 × USD per vCPU-hour ÷ 3,600",
            inputs={"CPU seconds per 1,000": per_thousand, "USD per vCPU-hour": usd},
            note=MODELLED,
        ),
        Figure(
            id="cost.per_hour_usd",
            label=f"Cost per hour at {rate}",
            value=hourly,
            unit="usd",
            provenance=Provenance.DERIVED,
            formula="USD per 1,000 × achieved per second × 3.6",
            inputs={"USD per 1,000": spend, "achieved per second": achieved_tps},
            note=MODELLED,
        ),
    ]
