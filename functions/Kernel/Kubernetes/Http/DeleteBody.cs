using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary><c>DeleteOptions</c>: dependents go in the background; preconditions make sure that the very object that was meant goes.</summary>
internal static class DeleteBody
{
    public static ReadOnlyMemory<byte> Write(DeletePreconditions preconditions)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", "v1");
            json.WriteString("kind", "DeleteOptions");
            json.WriteString("propagationPolicy", "Background");
            if (preconditions is not { Uid: null, ResourceVersion: null })
            {
                json.WriteStartObject("preconditions");
                if (preconditions.Uid is { } uid)
                {
                    json.WriteString("uid", uid);
                }

                if (preconditions.ResourceVersion is { } version)
                {
                    json.WriteString("resourceVersion", version);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
