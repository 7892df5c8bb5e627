import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Lower

LONGEST = 100


def rename_later_ones(apps, schema_editor):
    """Where two types read the same, the one made first keeps its name."""
    for name in ("PhoneType", "EContactType"):
        types = apps.get_model("chat", name)._default_manager
        for row in types.order_by("pk"):
            others = types.exclude(pk=row.pk)
            if _named(others, row.description).filter(pk__lt=row.pk).exists():
                row.description = _free(others, row.description)
                row.save(update_fields=["description"])


def _free(others, description):
    number = 2
    while True:
        suffix = f" ({number})"
        wanted = description[: LONGEST - len(suffix)] + suffix
        if not _named(others, wanted).exists():
            return wanted
        number += 1


def _named(rows, description):
    """As the database compares, which is not as Python does for every letter."""
    return rows.annotate(plain=Lower("description")).filter(plain=Lower(Value(description)))


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0003_attachments'),
    ]

    operations = [
        migrations.RunPython(rename_later_ones, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='econtacttype',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('description'), name='econtact_type_once'),
        ),
        migrations.AddConstraint(
            model_name='phonetype',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('description'), name='phone_type_once'),
        ),
    ]
