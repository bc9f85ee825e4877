"""Kalshi's error bodies: three shapes, and a string (protocol section 7.1)."""

from dutchbook.domain.errors import DutchbookError


class ApiError(DutchbookError):
    """A request is answered with this status and body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"Kalshi answers {status}: {body}")
        self.status = status
        self.body = body


class Fault(ApiError):
    """The common shape: `{"error": {"code", "message", "details"?}}`; batches carry the inner object per item."""

    def __init__(self, status: int, code: str, message: str = "", details: str = "") -> None:
        self.inner: dict[str, str] = {"code": code, "message": message or code.replace("_", " ")}
        if details:
            self.inner["details"] = details
        super().__init__(status, {"error": self.inner})


def bad_json(details: str) -> ApiError:
    """The flat shape of a body that is not what the endpoint's struct says [M]."""
    return ApiError(400, {"code": "bad_request", "message": "bad request", "details": details})


def bad_parameter(operation: str, problem: str) -> ApiError:
    """The shape of a query parameter that cannot be used. The text behind the colon was not captured."""
    return ApiError(400, {"msg": f"Parameter validation failed for {operation}: {problem}"})


def missing(*fields: str) -> Fault:
    """A required field of the body is absent or empty. That `details` names the fields is an assumption."""
    return Fault(400, "missing_parameters", details=", ".join(fields))


def invalid(field: str) -> Fault:
    """A field of the body has a value outside its words. Code and shape are an assumption."""
    return Fault(400, "invalid_parameters", details=field)


def not_found() -> Fault:
    """Unknown, executed and cancelled orders alike [M]."""
    return Fault(404, "not_found")


def market_not_found() -> Fault:
    return Fault(404, "market_not_found")


def too_many_requests() -> ApiError:
    """`error` is a string here, and there is no `Retry-After` [D][M]."""
    return ApiError(429, {"error": "too many requests"})
