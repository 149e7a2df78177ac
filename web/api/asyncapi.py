"""The AsyncAPI document of the messages that go to and come from Kafka, as it was released."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from web.identity import ServicesOf

router = APIRouter()


@router.get("/api/v1/asyncapi.json", include_in_schema=False)
def asyncapi(services: ServicesOf) -> FileResponse:
    """It says nothing of any installation, so it is open like the API's own document."""
    return FileResponse(services.asyncapi, media_type="application/json")
