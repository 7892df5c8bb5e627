from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0006_ids_of_people'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(fields=['status', '-last_message_at', '-id'], name='conv_by_status'),
        ),
    ]
