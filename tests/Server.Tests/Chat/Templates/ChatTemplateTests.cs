using Sparrow.Server.Chat.Templates;
using Xunit;

namespace Sparrow.Server.Tests.Chat.Templates;

public sealed class ChatTemplateTests
{
    [Theory]
    [InlineData("a\n  {% if true %}\nb\n  {% endif %}\nc", "a\nb\nc")]
    [InlineData("a\n  {{ 'x' }}\nb\n", "a\n  x\nb")]
    [InlineData("a \n {%- if true -%} \n b {%- endif +%}\nc", "ab\nc")]
    [InlineData("  {%+ if true %}\nb{% endif %}", "  b")]
    [InlineData("a {#- gone -#} b{# also #}\nc", "abc")]
    [InlineData("{% raw %}{{ x }}{% y %}{% endraw %}z", "{{ x }}{% y %}z")]
    [InlineData("{{ {'a': {'b': 1}}['a']['b'] }}", "1")]
    [InlineData("one\r\ntwo\rthree\n", "one\ntwo\nthree")]
    public void Whitespace_and_raw_text_follow_jinja(string source, string expected) => Assert.Equal(expected, TemplateRenderer.Render(source));

    [Theory]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "3 -4 2 3.5 1024 0.5")]
    [InlineData("{{ 1e20 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1.0 }} {{ 1e16 }}", "1e+20 1000000000000000.0 0.0001 1e-05 1.0 1e+16")]
    [InlineData("{{ 9007199254740993 * 9007199254740993 }}", "81129638414606699710187514626049")]
    [InlineData("{{ none }} {{ true }} {{ [1, 'a', \"b'c\"] }} {{ (1,) }} {{ {'k': none} }}", "None True [1, 'a', \"b'c\"] (1,) {'k': None}")]
    [InlineData("{{ 'a' ~ 1 ~ none }} {{ 'ab' * 3 }} {{ [0] * 2 + [1] }}", "a1None ababab [0, 0, 1]")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }}", "True False True True True")]
    [InlineData("{{ 'b' in 'abc' }} {{ 4 not in [1, 2] }} {{ 'k' in {'k': 1} }} {{ not 1 in [1] }}", "True True True False")]
    [InlineData("{{ 'x' if false }}|{{ 'x' if 0 else 'y' }}|{{ '' or 'd' }}|{{ 0 and 1 }}", "|y|d|0")]
    [InlineData("{{ 'abcdef'[1:4] }} {{ 'abcdef'[::-1] }} {{ [1, 2, 3][:-1] }} {{ 'abc'[-1] }} {{ 'abcdef'[4:1:-2] }}", "bcd fedcba [1, 2] c ec")]
    [InlineData("{{ messages[1].content | length }} {{ messages[1].content[6] }} {{ messages[1].content[::-1] }}", "10 🙂 京東 🙂 eßörG")]
    [InlineData("{{ '%s is %05.1f, %d%%' % ('x', 2.25, 7) }} {{ '%-4s|' % 'a' }} {{ '%x' % 255 }}", "x is 002.2, 7% a   | ff")]
    [InlineData("{{ '{} {1} {n:>4} {0!r} {f:.2f} {big:,}'.format('a', 'b', n=3, f=1.5, big=1234567) }}", "a b    3 'a' 1.50 1,234,567")]
    [InlineData("{{ -2 | abs }} {{ (-2) | abs }} {{ 3 + 4 | string | length }}", "2 2 4")]
    [InlineData("{{ 'a' 'b' }} {{ 0x }}", null)]
    public void Expressions_are_those_of_python(string source, string? expected)
    {
        if (expected is null)
        {
            Assert.Equal(TemplateFault.Syntax, TemplateRenderer.Fail(source).Fault);
            return;
        }

        Assert.Equal(expected, TemplateRenderer.Render(source));
    }

    [Theory]
    [InlineData("{{ x is defined }} {{ messages is defined }} {{ x is none }} {{ none is none }}", "False True False True")]
    [InlineData("{{ 'a' is string }} {{ {} is mapping }} {{ [] is iterable }} {{ 1 is iterable }} {{ 'a' is sequence }}", "True True True False True")]
    [InlineData("{{ true is boolean }} {{ 1 is number }} {{ true is integer }} {{ 1.0 is float }} {{ 4 is divisibleby 2 }}", "True True False True True")]
    [InlineData("{{ 3 is odd }} {{ 3 is not even }} {{ 1 is eq 1 }} {{ 2 is in [1, 2] }} {{ 1 is sameas true }}", "True True True True False")]
    [InlineData("{{ false is false }} {{ 0 is false }} {{ 'a' is lower }} {{ range is callable }}", "True False True True")]
    public void Tests_are_those_of_jinja(string source, string expected) => Assert.Equal(expected, TemplateRenderer.Render(source));

    [Theory]
    [InlineData("{{ messages[2].tool_calls[0].function.arguments | tojson }}", "{\"b\": 1, \"a\": [true, 2.5]}")]
    [InlineData("{{ {'b': 1, 'a': '<é\\n>'} | tojson(indent=2, sort_keys=true) }}", "{\n  \"a\": \"<é\\n>\",\n  \"b\": 1\n}")]
    [InlineData("{{ ['é'] | tojson(ensure_ascii=true) }} {{ [1, {}] | tojson(separators=(',', ':')) }}", "[\"\\u00e9\"] [1,{}]")]
    [InlineData("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('+') }}", "Größe 🙂 東京")]
    [InlineData("{{ messages | rejectattr('content') | list | length }} {{ [1, 2, 3, 4] | select('even') | list }}", "1 [2, 4]")]
    [InlineData("{{ [3, 1, 2] | sort(reverse=true) }} {{ ['b', 'A'] | sort }} {{ [1, 2, 1] | unique | list }}", "[3, 2, 1] ['A', 'b'] [1, 2]")]
    [InlineData("{{ {'b': 1, 'a': 2} | dictsort }} {{ {'a': 1} | items | list }}", "[('a', 2), ('b', 1)] [('a', 1)]")]
    [InlineData("{{ 'a\nb\n\nc' | indent(2) }}", "a\n  b\n\n  c")]
    [InlineData("{{ x | default('d') }} {{ '' | default('d', true) }} {{ '7.9' | int }} {{ 'x' | int(-1) }} {{ '1.5' | float }}", "d d 7 -1 1.5")]
    [InlineData("{{ [1, 2, 3] | sum }} {{ [1, 5, 3] | max }} {{ ['b', 'a'] | min }} {{ 2.5 | round }} {{ 3.14159 | round(2) }}", "6 5 a 2.0 3.14")]
    [InlineData("{{ ' a ' | trim }}|{{ 'abc' | first }}|{{ [1, 2] | last }}|{{ 'hello wORLD' | title }}|{{ 'hELLO' | capitalize }}", "a|a|2|Hello World|Hello")]
    [InlineData("{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ 'x' | upper ~ 'Y' | lower }}", "[[1, 2], [3, 4], [5]] Xy")]
    [InlineData("{{ '<a href=\"x\">' | e }} {{ 'a-b' | replace('-', '+') }} {{ 'one two' | wordcount }}", "&lt;a href=&#34;x&#34;&gt; a+b 2")]
    public void Filters_are_those_of_jinja(string source, string expected) => Assert.Equal(expected, TemplateRenderer.Render(source));

    [Theory]
    [InlineData("{{ 'a,b,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }}", "['a', 'b', 'c'] ['a', 'b'] ['a', 'b,c'] ['a,b', 'c']")]
    [InlineData("{{ 'xxaxx'.strip('x') }} {{ ' a '.lstrip() }}| {{ ' a '.rstrip() }}|{{ 'a b'.partition(' ') }}", "a a |  a|('a', ' ', 'b')")]
    [InlineData("{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abcb'.find('b') }} {{ 'abcb'.count('b') }}", "True True 1 2")]
    [InlineData("{{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }} {{ ', '.join(['a', 'b']) }} {{ 'straße'.upper() }}", "bba -a-b- a, b STRASSE")]
    [InlineData("{{ {'a': 1}.get('b', 2) }} {{ {'a': 1}.items() | list }} {{ {'a': 1}.keys() | list }} {{ {'items': 1}['items'] }}", "2 [('a', 1)] ['a'] 1")]
    [InlineData("{{ 'a\nb'.splitlines() }} {{ '7'.zfill(3) }} {{ 'ab'.isalpha() }} {{ 'prefix-x'.removeprefix('prefix-') }}", "['a', 'b'] 007 True x")]
    public void Methods_are_those_of_python(string source, string expected) => Assert.Equal(expected, TemplateRenderer.Render(source));

    [Theory]
    [InlineData("{% for m in messages %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.revindex0 }} {% endfor %}", "1TrueFalse2 2FalseFalse1 3FalseTrue0 ")]
    [InlineData("{% for x in [1, 2, 3, 4] if x is odd %}{{ x }}/{{ loop.length }} {% else %}none{% endfor %}", "1/2 3/2 ")]
    [InlineData("{% for x in [] %}{% else %}none{% endfor %}{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "nonea=1")]
    [InlineData("{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x > 3 %}{% break %}{% endif %}{{ x }}{% endfor %}", "023")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}{% if true %}{% set x = 3 %}{% endif %}{{ x }}", "13")]
    [InlineData("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6")]
    [InlineData("{% set a, b = 1, 2 %}{% set c %}x{{ a }}{% endset %}{{ b }}{{ c }}{% set d | upper %}y{% endset %}{{ d }}", "2x1Y")]
    [InlineData("{% macro m(a, b='z') %}[{{ a }}{{ b }}]{% endmacro %}{{ m('x') }}{{ m(b='y', a='x') }}{{ m('p', 'q') | upper }}", "[xz][xy][PQ]")]
    [InlineData("{% macro m() %}<{{ caller('c') }}>{% endmacro %}{% call(x) m() %}{{ x }}!{% endcall %}", "<c!>")]
    [InlineData("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210")]
    [InlineData("{% generation %}kept{% endgeneration %}{% with y = 2 %}{{ y }}{% endwith %}{{ y is defined }}", "kept2False")]
    [InlineData("{% filter upper %}a{{ 'b' }}{% endfilter %}{% if false %}{% elif 1 %}e{% else %}f{% endif %}", "ABe")]
    [InlineData("{{ strftime_now('%d %b %Y %-d %H:%M %A %j') }}{{ bos_token }}{{ add_generation_prompt }}", "06 Jul 2024 6 09:05 Saturday 188<s>True")]
    public void Statements_are_those_of_jinja(string source, string expected) => Assert.Equal(expected, TemplateRenderer.Render(source));

    [Theory]
    [InlineData("a\n{{ raise_exception('No ' ~ 'thanks') }}", TemplateFault.Raised, 2, "No thanks")]
    [InlineData("a\n\n{% if %}{% endif %}", TemplateFault.Syntax, 3, "expected an expression")]
    [InlineData("{% if x %}", TemplateFault.Syntax, 1, "'if' is not closed by 'endif'")]
    [InlineData("x {{ 'a }}", TemplateFault.Syntax, 1, "a string is not closed")]
    [InlineData("{% include 'x' %}", TemplateFault.Syntax, 1, "unknown statement 'include'")]
    [InlineData("\n{{ x.y }}", TemplateFault.Evaluation, 2, "'x' is undefined")]
    [InlineData("{{ 'a' + 1 }}", TemplateFault.Evaluation, 1, "'+' does not take a str and a int")]
    [InlineData("{{ 1 | nope }}", TemplateFault.Evaluation, 1, "there is no filter 'nope'")]
    [InlineData("{{ [].append(1) }}", TemplateFault.Evaluation, 1, "cannot be changed")]
    [InlineData("{{ ''.__class__.__mro__ }}", TemplateFault.Evaluation, 1, "no attribute '__class__'")]
    [InlineData("{{ messages.GetType() }}", TemplateFault.Evaluation, 1, "no attribute 'GetType'")]
    [InlineData("{{ 1 // 0 }}", TemplateFault.Evaluation, 1, "division by zero")]
    [InlineData("{% break %}", TemplateFault.Syntax, 1, "outside a loop")]
    public void Faults_name_the_line_and_the_reason(string source, object fault, int line, string reason)
    {
        TemplateException exception = TemplateRenderer.Fail(source);

        Assert.Equal((TemplateFault)fault, exception.Fault);
        Assert.Equal(line, exception.Line);
        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
        Assert.Equal("test.jinja", exception.File);
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 30 }}{% endfor %}")]
    [InlineData("{{ 'a' * 1000000000 }}")]
    [InlineData("{{ [0] * 1000000000 }}")]
    [InlineData("{{ '%1000000000d' % 1 }}")]
    [InlineData("{{ '{:>1000000000}'.format('a') }}")]
    [InlineData("{{ 'a' | center(1000000000) }}")]
    [InlineData("{{ 'a\nb' | indent(1000000000) }}")]
    [InlineData("{% set ns = namespace(x='aa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='aa') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}")]
    public void Greedy_templates_reach_a_limit(string source) => Assert.Equal(TemplateFault.Limit, TemplateRenderer.Fail(source).Fault);

    [Fact]
    public void Deep_nesting_is_refused_and_does_not_overflow_the_stack()
    {
        string[] sources =
        [
            "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            "{{ " + new string('[', 100_000) + new string(']', 100_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("- ", 100_000)) + "1 }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}",
            "{{ x" + string.Concat(Enumerable.Repeat(".x", 100_000)) + " }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" | abs", 100_000)) + " }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)),
            "{% if 0 %}" + string.Concat(Enumerable.Repeat("{% elif 0 %}", 100_000)) + "{% endif %}",
            "{% set " + new string('(', 100_000) + "a" + new string(')', 100_000) + " = 1 %}",
        ];
        foreach (string source in sources)
        {
            TemplateException exception = TemplateRenderer.Fail(source, TemplateLimits.Default with { MaxSourceLength = int.MaxValue });
            Assert.Equal(TemplateFault.Limit, exception.Fault);
        }
    }

    [Fact]
    public void A_template_renders_the_same_from_many_threads()
    {
        const string Source = "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ m.role }}{% endfor %}{{ ns.n }}";
        string expected = TemplateRenderer.Render(Source);

        string[] rendered = new string[64];
        Parallel.For(0, rendered.Length, i => rendered[i] = TemplateRenderer.Render(Source));

        Assert.All(rendered, text => Assert.Equal(expected, text));
    }
}
