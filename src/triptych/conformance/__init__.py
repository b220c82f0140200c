"""Test suites for back ends, shipped for those who write one. Not a kind of back end itself.

from triptych.conformance.store import StoreSuite

class TestMyStore(StoreSuite):
    def open(self, folder, dim):
        return my_store.load("", folder=folder, dim=dim)
"""
