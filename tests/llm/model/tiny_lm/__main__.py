"""Print the path of the finished model, which is made first when it is not in the cache yet."""

from tiny_lm.build import build

if __name__ == "__main__":
    print(build())
