"""Scenarios by name: what the preset files hold."""

from __future__ import annotations

from engine.config.presets import preset
from engine.model.scenario import TestScenario


class ScenarioBuilder:
    """Scenarios by name; each is what the preset file of that name holds."""

    @staticmethod
    def create_peak_load_scenario() -> TestScenario:
        """The ramp to the highest rate, held."""
        return preset("peak_load")

    @staticmethod
    def create_sustained_load_scenario() -> TestScenario:
        """A steady rate for hours."""
        return preset("sustained_load")

    @staticmethod
    def create_burst_traffic_scenario() -> TestScenario:
        """A steady rate with short bursts of many times as much."""
        return preset("burst_traffic")

    @staticmethod
    def create_failure_recovery_scenario() -> TestScenario:
        """A steady rate with one fault after another."""
        return preset("failure_recovery")

    @staticmethod
    def create_investor_presentation_scenario() -> TestScenario:
        """The presentation in full: rise, hold, ease, crash, recovery, close."""
        return preset("investor_presentation")
