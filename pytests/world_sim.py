class SimWorld:
    pass
