"""Forecasts with the version in force, in a process of its own; says what came of it."""

import json
import sys
from datetime import datetime

from cryptopredict.running.loading import load_models

load_models()

import numpy as np  # noqa: E402

from aimodels.compute.forecaster import say  # noqa: E402
from aimodels.services.serving import forecaster_in_force  # noqa: E402

if __name__ == "__main__":
    features = np.array(json.loads(sys.argv[3]))
    found = forecaster_in_force(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
    answer = None if found is None else say(found[1], features, np.ones(len(features))).chances.tolist()
    print(json.dumps(answer))  # noqa: T201
