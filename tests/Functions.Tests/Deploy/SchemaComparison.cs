using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>
/// Says where a schema refuses, or treats otherwise, what another one accepts. Everything that the other has must be there, and every
/// limit may only be equal or wider. CEL rules are not compared: they are a second gate and are judged one by one.
/// </summary>
internal static class SchemaComparison
{
    private static readonly string[] Same = ["type", "default", "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"];
    private static readonly string[] SameOrAbsent = ["pattern", "format", "multipleOf", "uniqueItems"];
    private static readonly string[] AtMost = ["minimum", "minLength", "minItems", "minProperties"];
    private static readonly string[] AtLeast = ["maximum", "maxLength", "maxItems", "maxProperties"];
    private static readonly string[] Compound = ["allOf", "anyOf", "oneOf", "not"];

    public static IReadOnlyList<string> Narrowings(YamlMappingNode ours, YamlMappingNode theirs)
    {
        var found = new List<string>();
        Compare("", ours, theirs, found);
        return found;
    }

    /// <summary>Every field of a schema as <c>path type</c>; <c>[]</c> is an item of a list, <c>{}</c> a value of a map.</summary>
    public static IReadOnlyList<string> Fields(YamlMappingNode schema)
    {
        var found = new List<string>();
        Walk("", schema, (path, node) => found.Add($"{path} {node.Text("type")}"));
        return found;
    }

    /// <summary>Visits every node below the root of a schema, with its path.</summary>
    public static void Walk(string path, YamlMappingNode schema, Action<string, YamlMappingNode> visit)
    {
        foreach (var (name, child) in Children(schema))
        {
            visit(path + name, child);
            Walk(path + name, child, visit);
        }
    }

    private static IEnumerable<(string Name, YamlMappingNode Schema)> Children(YamlMappingNode schema)
    {
        foreach (var (name, child) in schema.Map("properties")?.Entries() ?? [])
        {
            yield return ("." + name, (YamlMappingNode)child);
        }

        if (schema.Map("items") is { } items)
        {
            yield return ("[]", items);
        }

        if (schema.Map("additionalProperties") is { } values)
        {
            yield return ("{}", values);
        }
    }

    private static void Compare(string path, YamlMappingNode ours, YamlMappingNode theirs, List<string> found)
    {
        var at = path.Length == 0 ? "(root)" : path;
        foreach (var key in Same.Where(k => ours.Text(k) != theirs.Text(k)))
        {
            found.Add($"{at}: {key} is {ours.Text(key) ?? "absent"}, theirs {theirs.Text(key) ?? "absent"}");
        }

        foreach (var key in SameOrAbsent.Where(k => ours.Text(k) is { } mine && mine != theirs.Text(k)))
        {
            found.Add($"{at}: {key} is {ours.Text(key)}, theirs {theirs.Text(key) ?? "absent"}");
        }

        foreach (var key in AtMost.Where(k => Number(ours, k) is { } mine && mine > (Number(theirs, k) ?? decimal.MinValue)))
        {
            found.Add($"{at}: {key} is {ours.Text(key)}, theirs {theirs.Text(key) ?? "absent"}");
        }

        foreach (var key in AtLeast.Where(k => Number(ours, k) is { } mine && mine < (Number(theirs, k) ?? decimal.MaxValue)))
        {
            found.Add($"{at}: {key} is {ours.Text(key)}, theirs {theirs.Text(key) ?? "absent"}");
        }

        foreach (var key in Compound.Where(k => ours.Child(k) is not null))
        {
            found.Add($"{at}: {key} cannot be compared; say it without");
        }

        if (ours.Child("enum") is not null)
        {
            var lost = theirs.Child("enum") is null ? ["any value"] : theirs.Texts("enum").Except(ours.Texts("enum"), StringComparer.Ordinal).ToArray();
            found.AddRange(lost.Select(v => $"{at}: enum lacks {v}"));
        }

        found.AddRange(ours.Texts("required").Except(theirs.Texts("required"), StringComparer.Ordinal).Select(r => $"{at}: requires {r}"));
        if (!ours.Texts("x-kubernetes-list-map-keys").SequenceEqual(theirs.Texts("x-kubernetes-list-map-keys"), StringComparer.Ordinal))
        {
            found.Add($"{at}: other x-kubernetes-list-map-keys");
        }

        var mine = Children(ours).ToDictionary(c => c.Name, c => c.Schema, StringComparer.Ordinal);
        foreach (var (name, child) in Children(theirs))
        {
            if (mine.TryGetValue(name, out var counterpart))
            {
                Compare(path + name, counterpart, child, found);
            }
            else
            {
                found.Add($"{path}{name}: missing");
            }
        }
    }

    private static decimal? Number(YamlMappingNode node, string key) => node.Text(key) is { } text ? decimal.Parse(text, CultureInfo.InvariantCulture) : null;
}
