"""Folders as newcomers have them: sites of Jekyll, Hugo and Eleventy, and plain files."""

import shutil

# Each is what is said in front matter, and the file's path; none has a source, so each is a page of its site.
JEKYLL_POSTS = {
    "_posts/2023-01-02-Hello World.md": "title: Hello\ncategories: News Tech",
    "_posts/2023-02-28-c++_tips&tricks.md": "title: Tips\ncategories: [Computer Vision, C++]",
    "_posts/2023-03-01-slugged.md": "title: Slugged\nslug: My Slug\ncategory: One Two",
    "_posts/2023-06-01-late.md": "title: Late\ndate: 2023-06-02 02:30:00 +0000",
    "_posts/2023-06-03-naive.markdown": "title: Naive\ndate: 2023-06-03 23:30:00",
    "_posts/2024/2024-02-29-été.md": "title: Été",
    "news/_posts/2024-03-01-desk.md": "title: Desk\ncategories: Local",
    "_posts/2024-04-01-own.md": "title: Own\npermalink: /somewhere/else.html",
    "_posts/2024-04-02-filled.md": "title: Filled\ncategory: Big\npermalink: /:categories/:i_month/own-:title/",
}
JEKYLL_OTHERS = {
    "_posts/2099-01-01-future.md": "title: Future",
    "_posts/2024-05-01-hidden.md": "title: Hidden\npublished: false",
    "_drafts/draft.md": "title: Draft",
    "about.md": "title: About\npermalink: /about/",
    "vendor/gems/_posts/2020-01-01-theirs.md": "title: Theirs",
}


def write(folder, path, front, body="Words.\n"):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{front}\n---\n{body}", encoding="utf-8")


def jekyll(folder, permalink=None, exclude="exclude: [vendor, feeds]"):
    """A Jekyll site with a base path, in New York, that lists its posts in urls.txt."""
    for path, front in {**JEKYLL_POSTS, **JEKYLL_OTHERS}.items():
        write(folder, path, front)
    pattern = "" if permalink is None else f"permalink: {permalink}\n"
    (folder / "_config.yml").write_text(
        "# Welcome\ntitle: 'The Daily: News'\nurl: https://news.example\nbaseurl: /blog\nlang: en_GB\n"
        f"timezone: America/New_York\n{exclude}\n{pattern}",
        encoding="utf-8",
    )
    write(folder, "urls.txt", "x: y", "{% for post in site.posts %}{{ post.url | absolute_url }}\n{% endfor %}")


HUGO_POSTS = {
    "posts/Hello World & C++_é.md": "title: Hello\ndate: 2023-01-02",
    "posts/2023-01-03-dated.md": "title: Dated\ndate: 2023-01-03",
    "posts/trip/index.md": 'title: "Trip & more: é?"\ndate: 2023-05-01T00:30:00+02:00',
    "posts/named/index.md": "title: Named\nslug: An Other Name\ndate: 2023-05-02",
    "posts/slugged.md": "title: Slugged\nslug: My Slug\ndate: 2023-05-03",
    "posts/deep/er/one.md": "title: One\ndate: 2023-05-04T23:59:00",
    "posts/published.md": "title: Published\ndate: 2023-05-05\npublishDate: 2023-06-01",
    "posts/own.md": "title: Own\nurl: /somewhere/Else.html\ndate: 2023-05-05",
}
HUGO_OTHERS = {
    "posts/_index.md": "title: Posts",
    "posts/future.md": "title: Future\ndate: 2099-01-01",
    "posts/embargo.md": "title: Embargo\ndate: 2023-01-01\npublishDate: 2099-01-01",
    "posts/draft.md": "title: Draft\ndraft: true\ndate: 2023-01-01",
    "about.md": "title: About\ndate: 2023-01-01",
}
HUGO_LIST = '{{ range where .Site.RegularPages "Section" "posts" }}{{ .Permalink }}\n{{ end }}'


def hugo(folder, settings="", content="content", posts=None):
    """A Hugo site with a base path, in Berlin, that lists its posts on its first page."""
    for path, front in {**(posts or HUGO_POSTS), **HUGO_OTHERS}.items():
        write(folder, f"{content}/{path}", front)
    (folder / "hugo.toml").write_text(
        'baseURL = "https://news.example/blog/"\ntitle = "The Daily"\nlanguageCode = "en-gb"\n'
        'timeZone = "Europe/Berlin"\ndisableKinds = ["taxonomy", "term", "section", "RSS", "sitemap"]\n'
        f"[outputFormats.HTML]\nisPlainText = true\n{settings}",
        encoding="utf-8",
    )
    hugo_layouts(folder)


def hugo_layouts(folder):
    layouts = folder / "layouts"
    (layouts / "_default").mkdir(parents=True)
    (layouts / "_default" / "single.html").write_text("{{ .Content }}", encoding="utf-8")
    (layouts / "index.html").write_text(HUGO_LIST, encoding="utf-8")


# With the addresses that Eleventy 2.0.1 gave these files.
ELEVENTY_POSTS = {
    "src/posts/first.md": ("title: First\ndate: 2023-01-02", "posts/first/"),
    "src/posts/2023-01-03-dated.md": ("title: Dated", "posts/2023-01-03-dated/"),
    "src/posts/Hello World.md": ("title: Hello\ndate: 2023-01-04", "posts/Hello%20World/"),
    "src/posts/dir/index.md": ("title: Dir\ndate: 2023-01-05", "posts/dir/"),
    "src/posts/own.md": ("title: Own\ndate: 2023-01-06\npermalink: /own.html", "own.html"),
    "src/posts/2023-01-07-filled.md": (
        'title: Filled In\npermalink: "/x/{{ page.fileSlug }}/{{ title | slugify }}/index.html"',
        "x/filled/filled-in/",
    ),
}
ELEVENTY_CONFIG = """module.exports = function (eleventyConfig) {
  eleventyConfig.addPassthroughCopy("feeds");
  return { pathPrefix: "/blog/", dir: { input: "src", output: "_site" } };
};
"""


def eleventy(folder):
    """An Eleventy site in `src` with a path prefix and the starter's kind of metadata."""
    for path, (front, _) in ELEVENTY_POSTS.items():
        write(folder, path, front)
    (folder / "eleventy.config.js").write_text(ELEVENTY_CONFIG, encoding="utf-8")
    (folder / "src" / "_data").mkdir()
    (folder / "src" / "_data" / "metadata.js").write_text(
        'module.exports = {\n  title: "The Daily",\n  url: "https://news.example/",\n  language: "en",\n};\n',
        encoding="utf-8",
    )


def seed(folder, project):
    """A folder of article files without anything around, in the shape of the first publication."""
    for path in sorted((project / "examples" / "articles").glob("*.md")):
        shutil.copy(path, folder)
    (folder / "README.md").write_text("# Articles\n", encoding="utf-8")
