# The program for servers: web, workers, beat and migrations are this one image with different commands; see
# docker-compose.yml. PostgreSQL and Redis are servers of their own here.
FROM python:3.12-slim AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/requirements.lock

FROM python:3.12-slim
# LightGBM's wheel asks the system for OpenMP.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 cryptopredict \
    && useradd --uid 10001 --gid cryptopredict --no-create-home --home-dir /srv/cryptopredict cryptopredict \
    && install -d -o cryptopredict -g cryptopredict /srv/cryptopredict \
        /srv/cryptopredict/backtests /srv/cryptopredict/backups /srv/cryptopredict/media /srv/cryptopredict/models
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CRYPTOPREDICT_HOME=/srv/cryptopredict
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
RUN python -m compileall -q -j 0 .
USER cryptopredict
# The keys are for this one command: with keys of its own every container would have others.
RUN SECRET_KEY=build TOKEN_PEPPER=build SEALING_SECRET=build python manage.py serve --only-collect
EXPOSE 8000
# Passes the redirect to https and the check of hosts; 127.0.0.1 has to stand in ALLOWED_HOSTS.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'X-Forwarded-Proto': 'https'}), timeout=2)"]
# What `up` runs as its web, see cryptopredict/running/parts.py; "work" and "beat" are its other parts.
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
