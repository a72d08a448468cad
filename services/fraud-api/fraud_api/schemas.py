"""What goes in and out of the API. Numbers must be numbers: a text is refused, not guessed at."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_ROWS = 1_000


def _whole(value: object) -> object:
    """JSON knows one kind of number: 12.0 is as whole as 12."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Amount = Annotated[float, Field(ge=-1e8, le=1e8, allow_inf_nan=False)]
Total = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9), BeforeValidator(_whole)]
Day = Annotated[int, Field(ge=0, le=6, description="Monday is 0"), BeforeValidator(_whole)]
Shape = Literal["stateless", "history", "rules"]
RiskLevel = Literal["HIGH", "MEDIUM", "LOW"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, protected_namespaces=())


class History(_Strict):
    """What the card did strictly before this transaction, by (trans_date_trans_time, trans_num). Amounts in dollars."""

    seconds_since_last: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = Field(
        description="null when the card has no earlier transaction"
    )
    mean_amt: Amount | None = Field(description="mean of all earlier amounts; null when there are none")
    spread_amt: Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)] | None = Field(
        description="population standard deviation of all earlier amounts; null when there are none"
    )
    count_1h: Count = Field(description="earlier transactions not older than one hour")
    sum_1h: Total
    count_24h: Count
    sum_24h: Total
    new_category: Annotated[int, Field(ge=0, le=1), BeforeValidator(_whole)] = Field(
        description="1 when the card never bought in this category"
    )


class RawTransaction(_Strict):
    """One transaction to score. Only the amount is needed; what is missing is taken as the default and named."""

    amt: Amount
    hour: Annotated[int, Field(ge=0, le=23), BeforeValidator(_whole)] | None = None
    distance_km: Annotated[float, Field(ge=0, le=50_000, allow_inf_nan=False)] | None = None
    merchant: Annotated[str, Field(max_length=255)] | None = None
    category: Annotated[str, Field(max_length=100)] | None = None
    age: Annotated[int, Field(ge=0, le=150), BeforeValidator(_whole)] | None = None
    gender: Annotated[str, Field(max_length=20)] | None = None
    day_of_week: Annotated[int, Field(ge=0, le=6), BeforeValidator(_whole)] | None = Field(
        default=None, description="Monday is 0"
    )
    trans_num: Annotated[str, Field(max_length=100)] | None = None
    history: History | None = Field(default=None, description="with it, the model that knows the card's past answers")


class Contribution(BaseModel):
    feature: str
    value: float = Field(description="a category is its place in the model's list, -1 when it is not in it")
    contribution: float = Field(description="log-odds that this input added to the score")


class Contributions(BaseModel):
    """TreeSHAP values: base_value and all contributions add up to the log-odds of the probability."""

    base_value: float
    features: list[Contribution]


class Prediction(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    trans_num: str | None
    is_fraud_predicted: Literal[0, 1]
    fraud_probability: float = Field(ge=0, le=1, description="4 decimals")
    risk_level: RiskLevel = Field(description="HIGH above 0.7, MEDIUM above 0.4, else LOW")
    model_version: str = Field(description="begins with rule_based when no model answered")
    feature_explanation: str = Field(description='lines that begin with "- "; for rows called fraud, or with explain')
    shape: Shape = Field(description="which model answered: of one transaction, with the card's history, or the rules")
    defaults_used: list[str] = Field(description="inputs that were missing or unknown")
    contributions: Contributions | None = Field(
        description="for rows called fraud, or with explain; none from the rules"
    )
    raw_input: RawTransaction


class Summary(BaseModel):
    total_transactions: int
    fraud_detected: int
    fraud_rate: float
    high_risk_count: int
    medium_risk_count: int
    low_risk_count: int


class BatchAnswer(BaseModel):
    predictions: list[Prediction]
    summary: Summary


class ModelInfo(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    shape: Shape
    model_version: str
    trained: str
    cut: float = Field(description="is_fraud_predicted is 1 from this probability on")
    trees: int
    features: list[str]


class ModelsInfo(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    model_loaded: bool
    models: list[ModelInfo]
    fallback: str


class Health(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    status: Literal["healthy"]
    model_loaded: bool = Field(description="false: answers come from the rules")
    model_versions: list[str]


class Problem(BaseModel):
    detail: str
