# One image for every process of an installation; compose.yaml says which runs where.
FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/isobot
COPY requirements/run.txt requirements/
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore, for the commands backup and restore.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /var/lib/isobot isobot \
  && install -d -o isobot -g isobot -m 0700 /var/lib/isobot
WORKDIR /opt/isobot
COPY --from=build /opt/isobot/.venv .venv
COPY manage.py LICENSE ./
COPY isobot isobot
COPY chat chat
COPY parameters parameters
COPY provider provider
COPY templates templates
COPY static static
COPY locale locale
ENV PATH=/opt/isobot/.venv/bin:$PATH PYTHONUNBUFFERED=1 ISOBOT_DATA=/var/lib/isobot
USER isobot
VOLUME /var/lib/isobot
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "isobot.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-proxy-headers", "--no-access-log", "--timeout-graceful-shutdown", "5"]
