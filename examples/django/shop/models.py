"""Products, orders, and lines that pin the version that was bought."""
from django.db import models

from checks import LAYOUT, NUMBERED, PRODUCT, VERSIONS


class Product(models.Model):
    sku = models.TextField(unique=True)
    name = models.TextField()
    price = models.IntegerField(default=0)
    if NUMBERED:
        # counted by the database: NULL asks for the number
        version_id = models.IntegerField(null=True, editable=False)
    if LAYOUT == "table":
        is_current_version = models.BooleanField(null=True, editable=False)

    class Meta:
        db_table = PRODUCT


if LAYOUT == "table":
    Version = Product

    class CurrentManager(models.Manager):
        def get_queryset(self):
            return super().get_queryset().filter(is_current_version=True)

    class CurrentProduct(Product):
        """The rows of today, also for save() and refresh_from_db()."""

        objects = CurrentManager()

        class Meta:
            proxy = True
            base_manager_name = "objects"

else:

    class Version(models.Model):
        """All versions.  Django knows one column as the key of a model."""

        id = models.IntegerField(primary_key=True)
        version_id = models.IntegerField()
        price = models.IntegerField()

        class Meta:
            db_table = VERSIONS
            managed = False


class Order(models.Model):
    customer = models.TextField()

    class Meta:
        db_table = "orders"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    # the database has a foreign key to the version instead
    product = models.ForeignKey(
        Product, models.DO_NOTHING, db_constraint=False
    )
    product_version_id = models.IntegerField(null=True, editable=False)
    quantity = models.IntegerField()
    bought = models.ForeignObject(
        Version,
        models.DO_NOTHING,
        from_fields=["product_id", "product_version_id"],
        to_fields=["id", "version_id"],
        related_name="+",
    )

    class Meta:
        db_table = "order_line"
