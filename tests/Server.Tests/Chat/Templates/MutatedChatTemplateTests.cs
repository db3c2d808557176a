using System.Diagnostics;
using Sparrow.Server.Chat.Templates;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Chat.Templates;

/// <summary>Seeded mutations of real and made-up templates: whatever comes, the only exception is the template's own.</summary>
public sealed class MutatedChatTemplateTests
{
    private static readonly string[] s_fragments =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "for x in messages", "endfor", "if", "else", "endif", "macro m(a)", "endmacro", "m(1)", "set x = ",
        "| tojson", "| length", "| map(", "| selectattr('role')", "| join", "| sort", "| int", "* 999999", "** 99", "% 0", "[::-1]", "[99]", ".x", "(", ")",
        "[", "]", "{", "}", "'", "\"", "\\", "~", "is defined", "is not", "not", "in", "namespace()", "range(99999)", "loop.", "messages", "none", "1e999",
        "break", "continue", "caller()", "call m()", "endcall", "'%s%d' % ", ".format(", ".split(", ".replace('', ", "\n", "🙂", "\ud83d", "\0",
    ];

    private const string Broad =
        """
        {%- set ns = namespace(i=0, s='') -%}
        {% macro m(a, b=1) %}{{ a ~ b }}{{ caller() if caller else '' }}{% endmacro %}
        {% for k, v in {'a': 1, 'b': [1, 2]}.items() if k != 'z' %}{{ loop.index }}{{ k }}={{ v | tojson(indent=2) }}{% else %}no{% endfor %}
        {% for m in messages %}{% if loop.index0 > 7 %}{% break %}{% elif not m.content %}{% continue %}{% endif %}{% set ns.s = ns.s + m.content[::-1] %}{% endfor %}
        {{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ') | upper | replace('A', 'b') | indent(2) }}
        {{ '%s %05.2f' % ('a', 1.5) }} {{ '{:>8} {x}'.format('a', x=3) }} {{ [3, 1, 2] | sort | list }} {{ 'a b'.split(' ')[-1] }}
        {% call m('q') %}inner{% endcall %}{% filter lower %}X{% endfilter %}{{ strftime_now('%d %B %Y') }}{{ (1, 2)[0] ** 3 // 2 % 5 }}
        """;

    [Fact]
    public void Mutated_templates_fail_only_with_a_template_exception()
    {
        string[] sources = SharedData.IsAvailable
            ? [Broad, .. Directory.GetFiles(SharedData.Require("data", "chat_templates"), "*.jinja").Select(File.ReadAllText)]
            : [Broad];
        TemplateLimits limits = TemplateLimits.Default with { MaxSteps = 200_000, MaxOutputLength = 1 << 20 };
        int rendered = 0;
        int failed = 0;
        for (int seed = 0; seed < 4_000; seed++)
        {
            string source = Mutate(sources[seed % sources.Length], new Random(seed));
            long start = Stopwatch.GetTimestamp();
            try
            {
                TemplateRenderer.Render(source, limits);
                rendered++;
            }
            catch (TemplateException)
            {
                failed++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"Seed {seed}: {exception}\n{source}");
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            Assert.True(elapsed < TimeSpan.FromSeconds(20), $"Seed {seed} took {elapsed}.");
        }

        Assert.True(rendered > 100 && failed > 100, $"{rendered} rendered, {failed} failed: the mutations are too weak or too strong.");
    }

    private static string Mutate(string source, Random random)
    {
        int edits = random.Next(1, 4);
        for (int i = 0; i < edits; i++)
        {
            int at = random.Next(source.Length);
            int length = Math.Min(random.Next(1, 12), source.Length - at);
            source = random.Next(5) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(at, s_fragments[random.Next(s_fragments.Length)]),
                2 => source.Remove(at, length).Insert(at, s_fragments[random.Next(s_fragments.Length)]),
                3 => source.Insert(random.Next(source.Length), source.Substring(at, length)),
                _ => source[..at] + (char)random.Next(32, 127) + source[(at + 1)..],
            };
        }

        return source;
    }
}
