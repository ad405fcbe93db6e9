"""A look that a task demanded is marked: it counts against no quota."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("masking", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="unmasking",
            name="duty",
            field=models.BooleanField(default=False, verbose_name="任务所需"),
        ),
    ]
