# Errors about arguments name what is called, with its module; builtin types have docs.
def f(a=1):pass
class C: pass
import json
for g in (lambda: f(a=1,**{'a':2}), lambda: C(a=1,**{'a':2}), lambda: len(a=1,**{'a':2}), lambda: int(a=1,**{'a':2}), lambda: [].append(a=1,**{'a':2}), lambda: json.dumps(1,a=1,**{'a':2}), lambda: C().x if 0 else f(**3), lambda: f(*3), lambda: f(**{1:2}),  lambda: int(**{1:2}), lambda: len(**{1:2})):
  try: g()
  except TypeError as e: print(e)
print(None.__doc__ is None, (1).__doc__ is None, C.__doc__, C().__doc__, type('D',(int,),{})(3).__doc__)
try:
    with json.JSONDecoder(): pass
except TypeError as e: print(e)
try:
    with C(): pass
except TypeError as e: print(e)
