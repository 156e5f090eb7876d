"""What AR-IIGCN is compared with: one module a model."""
