"""Examples of requests and answers, by operation; a test checks them against the schemas."""

from server.openapi.schemas import Json

_PAYMENT: Json = {
    "id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "status": "requires_payment_method",
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "client_secret": "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH",
    "payment_url": None,
    "livemode": False,
    "created_at": "2026-01-31T12:00:00Z",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "description": "Two nights",
    "metadata": {"room": "12"},
    "capture_method": "manual",
    "amount_capturable": 0,
    "amount_received": 0,
    "cancellation_reason": None,
}
_REFUND: Json = {
    "id": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
    "status": "succeeded",
    "amount": 500,
    "currency": "eur",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "reference": "booking-42",
    "reason": "requested_by_customer",
    "failure_reason": None,
    "created_at": "2026-02-01T08:30:00Z",
}
_CAPTURED: Json = {"status": "succeeded", "amount_received": 1500}
_CANCELED: Json = {"status": "canceled", "cancellation_reason": "abandoned"}
_KAFKA: Json = {"reachable": True, "missing_topics": []}

REQUESTS: dict[str, dict[str, Json]] = {
    "createPayment": {
        "payment_intent": {
            "amount": 2000,
            "currency": "eur",
            "reference": "booking-42",
            "description": "Two nights",
            "metadata": {"room": "12"},
            "capture_method": "manual",
        },
        "checkout": {
            "flow": "checkout",
            "currency": "eur",
            "line_items": [
                {"name": "Night in a double room", "quantity": 2, "amount": 900},
                {"name": "Breakfast", "amount": 200},
            ],
            "reference": "booking-42",
            "success_url": "https://example.com/paid",
            "cancel_url": "https://example.com/back",
        },
    },
    "updatePayment": {"metadata": {"metadata": {"room": "14", "bed": None}}},
    "capturePayment": {"whole": {}, "part": {"amount": 1500}},
    "cancelPayment": {"reason": {"reason": "abandoned"}},
    "refundPayment": {
        "whole": {},
        "part": {"amount": 500, "reason": "requested_by_customer"},
    },
}
ANSWERS: dict[str, Json | str] = {
    "createPayment": _PAYMENT,
    "listPayments": {"data": [{**_PAYMENT, "client_secret": None}], "next_cursor": None},
    "getPayment": _PAYMENT,
    "updatePayment": {**_PAYMENT, "metadata": {"room": "14"}},
    "capturePayment": {**_PAYMENT, **_CAPTURED},
    "cancelPayment": {**_PAYMENT, **_CANCELED},
    "refundPayment": _REFUND,
    "listRefunds": {"data": [_REFUND], "next_cursor": None},
    "getRefund": _REFUND,
    "receiveStripeEvent": {"event_id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "outcome": "published"},
    "getHealth": {"status": "ok"},
    "getReadiness": {"status": "ready", "kafka": _KAFKA},
    "getMetrics": "paycli_workers_ready 1\n",
    "getActuatorHealth": {
        "status": "UP",
        "components": {"kafka": {"status": "UP", "details": _KAFKA}},
    },
    "getActuatorInfo": {"build": {"name": "paycli", "version": "0.1.0"}},
}
