using System.Text.Json.Nodes;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps;
using Xunit;

namespace Sparrow.Compression.Tests.Recipes;

public sealed class RecipeSchemaTests
{
    [Fact]
    public void Every_step_stands_in_the_schema_with_all_its_members()
    {
        JsonArray steps = RecipeSchema.Create()["properties"]!["steps"]!["items"]!["oneOf"]!.AsArray();
        Assert.Equal(StepRegistry.All.Count, steps.Count);
        foreach (StepDefinition definition in StepRegistry.All)
        {
            JsonObject step = steps.Single(step => (string?)step!["title"] == definition.Label)!.AsObject();
            JsonObject properties = step["properties"]!.AsObject();
            Assert.Equal(definition.Type, (string?)properties["type"]!["const"]);
            Assert.False((bool)step["additionalProperties"]!);
            foreach (RecipeMember member in definition.Shape.Members)
            {
                Assert.Equal(member.Description, (string?)properties[member.Name]!["description"]);
                Assert.Equal(member.IsRequired, step["required"]!.AsArray().Any(name => (string?)name == member.Name));
            }
        }
    }

    [Fact]
    public void What_the_schema_says_of_a_member_the_reader_holds_to()
    {
        // The ends of every number's range are taken, what is beyond them is not.
        foreach (StepDefinition definition in StepRegistry.All)
        {
            foreach (RecipeMember member in definition.Shape.Members.Where(member => member.Kind == RecipeMemberKind.Number))
            {
                Assert.DoesNotContain($".{member.Name}: expected", Complaint(definition, member, member.Minimum!.Value), StringComparison.Ordinal);
                Assert.DoesNotContain($".{member.Name}: expected", Complaint(definition, member, member.Maximum!.Value), StringComparison.Ordinal);
                Assert.Contains($".{member.Name}: expected", Complaint(definition, member, member.Maximum!.Value + 1), StringComparison.Ordinal);
            }
        }
    }

    private static string Complaint(StepDefinition definition, RecipeMember member, double value)
    {
        JsonObject step = new() { ["type"] = definition.Type, [member.Name] = value };
        if (definition.Method is not null)
        {
            step["method"] = definition.Method;
        }

        try
        {
            CompressionRecipe.Parse(new JsonObject { ["version"] = 1, ["steps"] = new JsonArray(step) }.ToJsonString());
            return "";
        }
        catch (RecipeException error)
        {
            return error.Message;
        }
    }
}
