using System.Text.Json.Nodes;
using Sparrow.Compression.Steps;

namespace Sparrow.Compression.Recipes;

/// <summary>The JSON Schema of recipes (draft 2020-12), made from the same descriptions that the reader goes by: one for command line and API.</summary>
public static class RecipeSchema
{
    /// <summary>A new copy of the schema.</summary>
    public static JsonObject Create()
    {
        JsonObject schema = ObjectOf(RecipeShapes.Recipe);
        JsonObject properties = schema["properties"]!.AsObject();
        properties.Insert(0, RecipeShapes.Version, new JsonObject { ["const"] = CompressionRecipe.CurrentVersion });
        properties.Add(RecipeShapes.Steps, new JsonObject
        {
            ["description"] = "What is done, in order.",
            ["type"] = "array",
            ["minItems"] = 1,
            ["maxItems"] = RecipeShapes.MaximumSteps,
            ["items"] = new JsonObject { ["oneOf"] = new JsonArray([.. StepRegistry.All.Select(Step)]) },
        });
        schema["required"] = new JsonArray(RecipeShapes.Version, RecipeShapes.Steps);
        JsonObject result = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Sparrow compression recipe",
        };
        foreach ((string name, JsonNode? value) in schema)
        {
            result[name] = value?.DeepClone();
        }

        return result;
    }

    private static JsonObject Step(StepDefinition definition)
    {
        JsonObject step = ObjectOf(definition.Shape);
        step.Insert(0, "title", definition.Label);
        step.Insert(1, "description", definition.Description);
        JsonObject properties = step["properties"]!.AsObject();
        properties.Insert(0, RecipeShapes.Type, new JsonObject { ["const"] = definition.Type });
        List<string> tags = [RecipeShapes.Type];
        if (definition.Method is not null)
        {
            properties.Insert(1, RecipeValues.MethodName, new JsonObject { ["const"] = definition.Method });
            if (StepRegistry.All.Count(other => other.Type == definition.Type) > 1)
            {
                tags.Add(RecipeValues.MethodName);
            }
        }

        properties.Add(RecipeShapes.Include, new JsonObject
        {
            ["description"] = "Parts of tensor names: only linears whose name holds one of them are changed.",
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 },
        });
        Require(step, tags);
        return step;
    }

    private static JsonObject ObjectOf(RecipeShape shape)
    {
        JsonObject properties = [];
        foreach (RecipeMember member in shape.Members)
        {
            properties.Add(member.Name, Value(member));
        }

        JsonObject schema = new() { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        Require(schema, shape.Members.Where(member => member.IsRequired).Select(member => member.Name));
        JsonArray rules = [];
        foreach (IReadOnlyList<string> set in shape.Exclusive)
        {
            // At most one of a set: no two of them together.
            for (int first = 0; first < set.Count; first++)
            {
                for (int second = first + 1; second < set.Count; second++)
                {
                    rules.Add(new JsonObject { ["not"] = new JsonObject { ["required"] = new JsonArray(set[first], set[second]) } });
                }
            }
        }

        foreach (IReadOnlyList<string> set in shape.AnyOf)
        {
            rules.Add(new JsonObject { ["anyOf"] = new JsonArray([.. set.Select(name => new JsonObject { ["required"] = new JsonArray(name) })]) });
        }

        if (rules.Count > 0)
        {
            schema["allOf"] = rules;
        }

        return schema;
    }

    private static void Require(JsonObject schema, IEnumerable<string> names)
    {
        JsonArray required = schema["required"] as JsonArray ?? [];
        foreach (string name in names)
        {
            required.Add(name);
        }

        if (required.Count > 0)
        {
            schema["required"] = required;
        }
    }

    private static JsonObject Value(RecipeMember member)
    {
        JsonObject schema = member.Kind switch
        {
            RecipeMemberKind.Object => ObjectOf(member.Shape!),
            RecipeMemberKind.Variant => VariantOf(member),
            RecipeMemberKind.Boolean => new JsonObject { ["type"] = "boolean" },
            RecipeMemberKind.Text => new JsonObject { ["type"] = "string", ["minLength"] = 1 },
            RecipeMemberKind.Integer => new JsonObject { ["type"] = "integer" },
            RecipeMemberKind.Number => new JsonObject { ["type"] = "number" },
            _ => [],
        };
        schema.Insert(0, "description", member.Description);
        if (member.Choices.Count > 0)
        {
            schema["enum"] = new JsonArray([.. member.Choices.Select(Node)]);
        }

        if (member.Minimum is { } minimum)
        {
            schema["minimum"] = minimum;
        }

        if (member.Maximum is { } maximum)
        {
            schema["maximum"] = maximum;
        }

        if (member.Default is { } fallback)
        {
            schema["default"] = Node(fallback);
        }

        return schema;
    }

    private static JsonObject VariantOf(RecipeMember member)
    {
        JsonArray ways = [new JsonObject { ["enum"] = new JsonArray([.. member.Variants.Select(variant => JsonValue.Create(variant.Name))]) }];
        foreach (RecipeVariant variant in member.Variants)
        {
            JsonObject way = ObjectOf(variant.Shape);
            way.Insert(0, "description", variant.Description);
            way["properties"]!.AsObject().Insert(0, RecipeValues.MethodName, new JsonObject { ["const"] = variant.Name });
            Require(way, [RecipeValues.MethodName]);
            ways.Add(way);
        }

        return new JsonObject { ["oneOf"] = ways };
    }

    private static JsonValue Node(object value) => value switch
    {
        bool flag => JsonValue.Create(flag),
        int integer => JsonValue.Create(integer),
        double number => JsonValue.Create(number),
        _ => JsonValue.Create((string)value),
    };
}
