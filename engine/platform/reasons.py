"""The texts of reasons, by code; the values in them are measured. Plain ASCII without quotes.

Codes are stored in journals, so a code keeps its meaning: add at the end of a block, never reuse.
The learned model's reasons are `LEARNED` + the index of the feature.
"""

from __future__ import annotations

from engine.platform.features import NAMES

NOTHING = 0
LARGE, VELOCITY_10MIN, VELOCITY_1H, ESCALATION, TRAVEL = 1, 2, 3, 4, 5
OFF_AMOUNT, NEW_DEVICE, NEW_ADDRESS, NEW_MERCHANT, RARE_CATEGORY, OFF_PLACE = range(10, 16)
LIMIT, VERY_LARGE, STRUCTURING, CORRIDOR = 20, 21, 22, 23
CONSERVATIVE, REQUIRED, SILENCE, SHED, REFUSED, SECOND = range(30, 36)
LEARNED = 40

_WORDS = {name: name.replace("_", " ") for name in NAMES}

TEXTS: dict[int, str] = {
    NOTHING: "nothing unusual: the weighted vote is below its review bound",
    LARGE: "amount of %.0f USD is very large",
    VELOCITY_10MIN: "%.0f transactions in the 10 minutes before",
    VELOCITY_1H: "%.0f transactions in the hour before",
    ESCALATION: "amount is %.0f times the largest of the day before, after %.0f small ones",
    TRAVEL: "%.0f km from the previous transaction, which takes %.0f km/h",
    OFF_AMOUNT: "amount is %.1f standard deviations above what is usual for the customer",
    NEW_DEVICE: "device first seen with this customer %.1f hours ago",
    NEW_ADDRESS: "network address not seen with this customer before",
    NEW_MERCHANT: "merchant not seen with this customer before",
    RARE_CATEGORY: "category makes up %.0f %% of what the customer buys",
    OFF_PLACE: "%.0f km from where the customer mostly is",
    LIMIT: "amount of %.0f USD is above the reporting limit of 10000 USD",
    VERY_LARGE: "amount of %.0f USD needs a second pair of eyes above 100000 USD",
    STRUCTURING: "%.0f transactions just below the reporting limit within a day",
    CORRIDOR: "country is on the list of sanctioned corridors",
    CONSERVATIVE: "agents disagree near a bound: the more cautious decision is taken",
    SILENCE: "no agent answered: a person has to look",
    REQUIRED: "a compliance rule requires at least this decision",
    SHED: "explanation shed under load: the decision came first",
    REFUSED: "second opinion and reasons refused: the reasoning tier is at its rate limit (429)",
    SECOND: "second opinion: the larger model's score is %.2f",
} | {
    LEARNED + index: f"learned model: {_WORDS[name]} raised its score by %.2f"
    for index, name in enumerate(NAMES)
}
