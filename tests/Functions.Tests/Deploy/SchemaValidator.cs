using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>Holds a document against a structural schema, as strict as <c>kubectl --validate=strict</c>: an unknown field is an error. CEL is not evaluated.</summary>
internal static class SchemaValidator
{
    public static IReadOnlyList<string> Errors(YamlMappingNode document, YamlMappingNode schema)
    {
        var found = new List<string>();
        // metadata is the API server's own; a schema says no more of it than that it is an object.
        foreach (var (name, value) in document.Entries())
        {
            if (name != "metadata")
            {
                Property(schema, "", name, value, found);
            }
        }

        Required(schema, "(root)", document, found);
        return found;
    }

    private static void Property(YamlMappingNode schema, string path, string name, YamlNode value, List<string> found)
    {
        if ((schema.Map("properties")?.Map(name) ?? schema.Map("additionalProperties")) is { } child)
        {
            Check($"{path}.{name}", value, child, found);
        }
        else if (schema.Text("x-kubernetes-preserve-unknown-fields") != "true")
        {
            found.Add($"{path}.{name}: unknown field");
        }
    }

    private static void Required(YamlMappingNode schema, string path, YamlMappingNode value, List<string> found) =>
        found.AddRange(schema.Texts("required").Where(r => value.Child(r) is null && schema.Map("properties")?.Map(r)?.Child("default") is null).Select(r => $"{path}: {r} is required"));

    private static void Check(string path, YamlNode value, YamlMappingNode schema, List<string> found)
    {
        var type = schema.Text("type");
        switch (value)
        {
            case YamlMappingNode map when type == "object":
                Required(schema, path, map, found);
                foreach (var (name, child) in map.Entries())
                {
                    Property(schema, path, name, child, found);
                }

                break;
            case YamlSequenceNode list when type == "array":
                Limits(path, list.Children.Count, "Items", schema, found);
                for (var i = 0; i < list.Children.Count; i++)
                {
                    Check($"{path}[{i}]", list.Children[i], schema.Map("items")!, found);
                }

                break;
            case YamlScalarNode scalar when DeployFiles.JsonType(scalar) == type || (type == "number" && DeployFiles.JsonType(scalar) == "integer"):
                Scalar(path, scalar.Value!, type, schema, found);
                break;
            default:
                found.Add($"{path}: is not of type {type}");
                break;
        }
    }

    private static void Scalar(string path, string value, string? type, YamlMappingNode schema, List<string> found)
    {
        if (schema.Child("enum") is not null && !schema.Texts("enum").Contains(value, StringComparer.Ordinal))
        {
            found.Add($"{path}: {value} is not one of {string.Join(", ", schema.Texts("enum"))}");
        }

        if (type == "string")
        {
            Limits(path, value.Length, "Length", schema, found);
            if (schema.Text("pattern") is { } pattern && !Regex.IsMatch(value, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
            {
                found.Add($"{path}: {value} does not match {pattern}");
            }
        }
        else if (schema.Text("minimum") is { } minimum && decimal.Parse(value, CultureInfo.InvariantCulture) < decimal.Parse(minimum, CultureInfo.InvariantCulture))
        {
            found.Add($"{path}: {value} is less than {minimum}");
        }
    }

    private static void Limits(string path, int size, string what, YamlMappingNode schema, List<string> found)
    {
        if (schema.Text("min" + what) is { } least && size < int.Parse(least, CultureInfo.InvariantCulture))
        {
            found.Add($"{path}: fewer than {least}");
        }

        if (schema.Text("max" + what) is { } most && size > int.Parse(most, CultureInfo.InvariantCulture))
        {
            found.Add($"{path}: more than {most}");
        }
    }
}
