# Which mistake of a call is reported when there are several.
def attempt(call):
    try:
        print(call())
    except TypeError as error:
        print(error)

def f(a, b=0):
    return a, b

attempt(lambda: f(1, 2, 3, c=4))
attempt(lambda: f(1, 2, 3, a=4))
attempt(lambda: f(1, 2, 3))
attempt(lambda: f(c=1))
attempt(lambda: f())
