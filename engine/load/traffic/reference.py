"""The published facts our traffic is held against: the Fraud Detection Handbook's generator.

Y.-A. Le Borgne, W. Siblini, B. Lebichot, G. Bontempi: Reproducible Machine Learning for Credit Card
Fraud Detection, Practical Handbook, Université Libre de Bruxelles and Worldline, 2022,
https://github.com/Fraud-Detection-Handbook/fraud-detection-handbook: the generator's parameters
(5,000 customers; transactions a day uniform in 0 … 4; mean amount uniform in 5 … 100, its spread
half of it; time of day normal about noon with 20,000 s) and the simplest model's results on its
output; and .../simulated-data-raw, 2021: 1,754,155 transactions in 183 days, 14,681 of them frauds.
Its code is under the GPL; none of it is used here. Its amounts carry no currency.
"""

from __future__ import annotations

CUSTOMERS = 5_000
TRANSACTIONS_A_DAY = 1_754_155 / 183
A_CUSTOMER_A_DAY = (0 + 4) / 2
MEAN_AMOUNT = (5 + 100) / 2
TIME_OF_DAY_HOURS, TIME_OF_DAY_SPREAD_HOURS = 12.0, 20_000 / 3600
FRAUD_SHARE = 14_681 / 1_754_155
LOGISTIC_AUC, LOGISTIC_AVERAGE_PRECISION = 0.871, 0.606
BEST_REAL_AUC = 0.928  # boosted trees on real e-commerce payments of 2018, ± 0.01
