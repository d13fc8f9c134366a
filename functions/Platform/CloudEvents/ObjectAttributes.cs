using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Extension attributes that name the object, as Knative's ApiServerSource has them, and the function that is to look at it.</summary>
internal static class ObjectAttributes
{
    public static readonly CloudEventAttribute ApiVersion = Text("apiversion"), Kind = Text("kind"), Namespace = Text("namespace"), Name = Text("name");

    /// <summary>The one function that the event is for. Without it, every function that subscribes gets it.</summary>
    public static readonly CloudEventAttribute Function = Text("function");

    public static readonly IReadOnlyList<CloudEventAttribute> All = [ApiVersion, Kind, Name, Namespace, Function];

    public static CloudEventAttribute? Find(string name)
    {
        foreach (var attribute in All)
        {
            if (string.Equals(attribute.Name, name, StringComparison.Ordinal))
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>An extension attribute as text, whichever type its sender gave it; null when there is none.</summary>
    public static string? TextOf(this CloudEvent cloudEvent, CloudEventAttribute extension) =>
        cloudEvent[extension.Name] switch
        {
            null => null,
            string text => text,
            var typed => cloudEvent.GetAttribute(extension.Name)!.Format(typed),
        };

    private static CloudEventAttribute Text(string name) => CloudEventAttribute.CreateExtension(name, CloudEventAttributeType.String);
}
