"""A program that uses `sentry-sdk` as its documentation says: DSN=… python python.py"""

import os

import sentry_sdk

sentry_sdk.init(
    dsn=os.environ["DSN"], release="billing@1.0.0", environment="production", traces_sample_rate=1.0
)
sentry_sdk.set_user({"id": "9", "email": "jo@shop.test"})
sentry_sdk.set_tag("ledger", "2026")
sentry_sdk.set_context("invoice", {"number": 17, "rate": float("nan")})
sentry_sdk.add_breadcrumb(category="ledger", message="opened", level="info")


def post_invoice(amount):
    password = "hunter2"
    assert password
    raise ValueError(f"amount is negative: {amount}")


try:
    post_invoice(-1)
except ValueError as error:
    print(sentry_sdk.capture_exception(error))
sentry_sdk.capture_message("ledger is long", level="warning")
with sentry_sdk.start_transaction(name="close the month"):
    pass
sentry_sdk.flush(timeout=10)
