"""Takes a file through the real doccano, in the environment that doccano is installed in: import, correct, export.

    python doccano_project.py FOLDER EXPORTED BACK LABELS

doccano's own importer reads LABELS and EXPORTED into a project in a new SQLite database in FOLDER, its own exporter
writes BACK. On the way the first document is corrected as its interface does it: the first span gets another label, the
second is deleted, and one is added, with a relation from the first. Prints what doccano could not take, as JSON.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path


def main(folder: Path, exported: Path, back: Path, labels: Path) -> None:
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder / 'doccano.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DOCCANO_HOME": str(folder),
    }
    package = importlib.util.find_spec("backend")
    assert package is not None and package.submodule_search_locations
    sys.path.insert(0, package.submodule_search_locations[0])

    import django

    django.setup()
    from data_export.models import ExportedExample
    from data_export.pipeline.dataset import Dataset
    from data_export.pipeline.factories import create_comment, create_formatter, create_labels, create_writer
    from data_export.pipeline.services import ExportApplicationService
    from data_import.datasets import load_dataset
    from data_import.pipeline.catalog import JSONL, RELATION_EXTRACTION
    from data_import.pipeline.readers import FileName
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from examples.models import Comment
    from label_types.models import RelationType, SpanType
    from label_types.serializers import SpanTypeSerializer
    from labels.models import Relation, Span
    from projects.models import ProjectType, SequenceLabelingProject

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("jo")
    project = SequenceLabelingProject.objects.create(
        name="review", project_type=ProjectType.SEQUENCE_LABELING, created_by=user,
        allow_overlapping=True, use_relation=True,
    )  # fmt: skip
    chosen = SpanTypeSerializer(data=json.loads(labels.read_text()), many=True)
    chosen.is_valid(raise_exception=True)
    chosen.save(project=project)
    file = FileName(full_path=str(exported), generated_name=exported.name, upload_name=exported.name)
    dataset = load_dataset(RELATION_EXTRACTION, JSONL, [file], project, encoding="Auto")
    dataset.save(user)

    example = project.examples.order_by("id").first()
    label, _ = SpanType.objects.get_or_create(text="DIAGNOSIS:negated", project=project)
    other, _ = SpanType.objects.get_or_create(text="DURATION", project=project)
    spans = Span.objects.filter(example=example).order_by("id")
    first, second = spans[0], spans[1]
    first.label = label
    first.save()
    second.delete()
    added = Span.objects.create(example=example, user=user, label=other, start_offset=0, end_offset=4)
    kind, _ = RelationType.objects.get_or_create(text="HAS_QUANTITY", project=project)
    Relation.objects.create(example=example, user=user, from_id=first, to_id=added, type=kind)
    Comment.objects.create(example=example, user=user, text="Seen.")

    examples = ExportedExample.objects.filter(project=project)
    rows = Dataset(examples, create_labels(project, examples, user), create_comment(examples, user))
    formatters = create_formatter(project, "JSONL")
    ExportApplicationService(rows, formatters, create_writer("JSONL")).export(str(back))
    print(json.dumps([f"{error.line_num}: {error.message}" for error in dataset.errors]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
