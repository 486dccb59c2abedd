"""Reads OSCAL assessment results by compliance-trestle, whose models are those of NIST, and prints what it found as JSON."""
import json
import pathlib
import sys

from trestle.oscal.assessment_results import AssessmentResults



def bare(value):
    """A value without the models that are wrapped around it."""
    while hasattr(value, "root"):
        value = value.root
    return getattr(value, "value", value)


seen = {}
for name in sys.argv[1:]:
    document = AssessmentResults.oscal_read(pathlib.Path(name))
    result = document.results[0]
    outcomes = {}
    for observation in result.observations or []:
        for prop in observation.props or []:
            if bare(prop.name) == "outcome":
                outcomes[bare(prop.value)] = outcomes.get(bare(prop.value), 0) + 1
    seen[name] = {
        "version": bare(document.metadata.oscal_version),
        "states": sorted(f"{bare(f.target.target_id)} {bare(f.target.status.state)}" for f in result.findings or []),
        "outcomes": outcomes,
    }
print(json.dumps(seen))
