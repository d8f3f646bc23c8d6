"""Runs one test module and tells of each test on a line that begins with a mark.

The argument is the module. The file `left_out` beside this one has the ids of tests to leave out.
"""
import sys
import traceback
import unittest


def tell(word, test):
    sys.__stdout__.write(f"\n\x1e{word} {test.id()}\n")
    sys.__stdout__.flush()


class Telling(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        tell("started", test)

    def stopTest(self, test):
        super().stopTest(test)
        tell("stopped", test)

    def addSuccess(self, test):
        tell("passed", test)

    def addExpectedFailure(self, test, err):
        tell("passed", test)

    def addSkip(self, test, reason):
        tell("skipped", test)

    def addUnexpectedSuccess(self, test):
        tell("failed", test)

    def addFailure(self, test, err):
        traceback.print_exception(*err, file=sys.__stdout__)
        tell("failed", test)

    def addError(self, test, err):
        self.addFailure(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(test, err)


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def main(module):
    with open(sys.path[0] + "/left_out") as file:
        left_out = set(file.read().split())
    tests = unittest.defaultTestLoader.loadTestsFromName(module)
    unittest.TestSuite(test for test in tests_of(tests) if test.id() not in left_out).run(Telling())
    sys.__stdout__.write("\n\x1eended\n")
    sys.__stdout__.flush()


main(*sys.argv[1:])
