from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('provider', '0006_pause_of_sending'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), models.Q(('state', 'failed'), _negated=True)), fields=['stream', 'id'], name='delivery_unsettled'),
        ),
        # The release before this one finds what it asks for by the new one, too.
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_open_of_stream',
        ),
    ]
